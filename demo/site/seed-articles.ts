/** The six articles that the demo magazine starts with, two to a topic, newest first. */
import type { Article } from "./content.ts";

export const SEED_ARTICLES: readonly Article[] = [
  {
    slug: "the-quiet-side-of-the-wall",
    title: "The quiet side of the wall",
    topic: "climbing",
    tags: ["trad", "norway"],
    author: "Ingrid Sollien",
    publishDate: "2026-09-18",
    summary:
      "Eleven pitches of granite above a fjord nobody photographs, and the art of leaving no trace on them.",
    body: `The bus driver asks twice whether we really want to get off here. There is no village, no kiosk, only a gravel bay and a wall that starts where the birches stop. Then he shrugs, opens the hold, and the ropes are ours to carry.

The quiet side has no bolts. It has cracks the width of a hand, then of a finger, then of a coin, and a corner on the seventh pitch that everyone who has climbed it describes differently. We rack up in drizzle and start in sun.

## Slow is a technique

On rock like this, speed comes from not having to do anything twice. Place the piece, look at it, trust it, forget it. The second who cleans the pitch should find nothing to swear about.

By four o'clock the fjord has turned from pewter to copper. The ferry down there draws a white line, and it takes a full rope length before the sound of its engine arrives.

## What we left

A sling from 1987, because it was not ours to take. Nothing else. On the walk down we met a woman with a dog who asked how the wall was. Quiet, we said, and she nodded as though that were the right answer.`,
  },
  {
    slug: "reading-wind-on-flat-water",
    title: "Reading wind on flat water",
    topic: "sailing",
    tags: ["skills", "archipelago"],
    author: "Mateus Brandt",
    publishDate: "2026-09-11",
    summary:
      "Cat's paws, glassy lanes and the smell of warm pine: how to find the breeze before it finds you.",
    body: `The forecast said two metres a second from nowhere in particular. On such days the archipelago belongs to those who can see wind, and the rest of us drift with the jellyfish.

Wind on flat water is a texture. Dark and matt is where it is, bright and polished is where it has been. A cat's paw that keeps its shape is a gust coming down; one that spreads is a gust landing.

## Look up, then look back

Smoke, flags, gulls: they tell you about a height your sail does not live at. The lee of an island tells you more. Warm pine on your face means that air has been over land, and will arrive in lumps.

We made nine miles that day in eleven hours, and passed a motor yacht at anchor three times. It was the best sailing of the summer.`,
  },
  {
    slug: "forty-hours-of-blue",
    title: "Forty hours of blue",
    topic: "winter",
    tags: ["ski touring", "huts"],
    author: "Ingrid Sollien",
    publishDate: "2026-09-04",
    summary:
      "In December the sun does not rise here. What you get instead is a colour, and a reason to go outside.",
    body: `There are four blues. The first is nearly black and has stars in it. The second comes around nine and gives the snow an edge. The third is the one people cross the continent for, and it lasts from eleven until just after one. The fourth is the first again, from the other side.

We skinned up in the second blue with our lamps off. You see more without them: the wind lip, the old track, the hare that did not think we would come.

## The hut

Somebody had split the birch and stacked it so that the ends made a pattern. The stove took one match. On the wall hung a list of things that previous guests had forgotten, and beside each of them, in other hands, where to send it.

Ski down in the third blue. Put the kettle on in the fourth. Repeat as long as the chocolate lasts.`,
  },
  {
    slug: "a-rope-is-a-conversation",
    title: "A rope is a conversation",
    topic: "climbing",
    tags: ["skills", "partners"],
    author: "Dagny Ruud",
    publishDate: "2026-08-27",
    summary: "Belaying is listening with your hands. Six habits of partners you want on the other end.",
    body: `You can tell within one pitch. A good belayer gives slack before you know you need it and takes it back before you know you do not. In between, nothing is said.

## Six habits

They check the knot, and let you check theirs. They look up. They stand where a fall would move them the least. They know how much rope is left. They do not talk while you clip. They say what they ate, because you will need to know at pitch nine.

Every one of those can be learned on a wall ten metres high on a Tuesday night. That is the good news, and the only news.`,
  },
  {
    slug: "the-last-lighthouse-keeper",
    title: "The last lighthouse keeper's soup",
    topic: "sailing",
    tags: ["people", "food"],
    author: "Mateus Brandt",
    publishDate: "2026-08-20",
    summary:
      "The lamp has been automatic since 1994. The visitor's book, and what simmers beside it, is not.",
    body: `You tie up at your own risk, says the sign, and underneath in chalk: but do. Torvald is eighty-one and has a key that nobody asked him to hand back.

The soup starts with whatever came over the rail that morning and a bay leaf older than the boat you arrived in. He will not say what else. He will say what the sea did in 1972, hour by hour.

## How to get there

Come from the north on a falling tide, keep the white rock open of the black one, and do not trust the buoy. Bring bread. Sign the book.`,
  },
  {
    slug: "snow-holes-for-beginners",
    title: "Snow holes for beginners",
    topic: "winter",
    tags: ["skills", "safety"],
    author: "Dagny Ruud",
    publishDate: "2026-08-13",
    summary:
      "Two metres of drift, one shovel, three hours. Why everyone should sleep inside a mountain once.",
    body: `The first rule is that you will get wet, so dig in your shell and nothing you want to sleep in. The second is that the door goes lower than the bed, because cold air is lazy.

Find a drift that is deeper than your probe and steeper than a roof. Dig in, then up, then sideways. Smooth the ceiling with your glove until nothing can drip. Make the air hole as thick as a ski pole and leave the pole in it.

## The sound

What nobody tells you is how quiet it is. Outside it may blow forty knots. Inside, a candle stands straight up, and you can hear the other person think about breakfast.`,
  },
];
