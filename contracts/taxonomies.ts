/** The taxonomies as the dictionary shows them: what each is for, and what each of its values means. */
import type {
  AcquisitionSource,
  AgentKind,
  ClickId,
  ConsentType,
  ContentCategory,
  ContentType,
  ContextFlag,
  CustomNamespace,
  DeviceType,
  FieldClass,
  IdentifierNamespace,
  IdentityState,
  LifecycleStage,
  OrderStatus,
  Purpose,
  ReferrerClass,
  Regulation,
  Role,
  SubjectRequestType,
  TokenProblem,
} from "./taxonomy.ts";

export interface Taxonomy {
  title: string;
  description: string;
  /** Value → what it means. */
  values: Readonly<Record<string, string>>;
}

/** A taxonomy whose values are exactly those of its list. */
type Of<Value extends string> = Taxonomy & { values: Readonly<Record<Value, string>> };

export const TAXONOMIES = {
  purposes: {
    title: "Purposes",
    description: "What a visitor can grant. What is necessary is always on, and is none of these.",
    values: {
      analytics: "To measure how the site is used.",
      marketing: "To advertise, and to contact a person.",
      personalization: "To choose what a person is shown.",
    },
  } satisfies Of<Purpose>,
  field_classes: {
    title: "Field classes",
    description: "What a field is, which decides how it may be kept.",
    values: {
      identifier: "Singles a person out; kept as a keyed hash, its value sealed.",
      personal: "Says something about a person; sealed at the door.",
      behavioural: "What a person did.",
      technical: "What a machine needs to make sense of an event.",
    },
  } satisfies Of<FieldClass>,
  consent_types: {
    title: "Consent types",
    description: "How a consent came to hold.",
    values: {
      explicit: "The visitor chose, and there is a receipt.",
      statement: "The sender of an event states it.",
      signal: "The browser asks for it, as Global Privacy Control does.",
      default: "Nobody has decided: the regime's default holds.",
    },
  } satisfies Of<ConsentType>,
  identifier_namespaces: {
    title: "Identifier namespaces",
    description:
      "What kinds of identifiers there are. A release adds its own, as `person-<name>` and `device-<name>`.",
    values: {
      visitor_id: "The door's own signed cookie.",
      anonymous_id: "A browser or an app, by the sender's own id.",
      user_id: "An account, by the sender's id.",
      customer_id: "A customer, by the shop's id.",
      email: "An e-mail address.",
      phone: "A telephone number.",
      device_id: "A device, by an app's id.",
      crm_id: "A record of the CRM.",
      login_id: "What a person signs in with.",
    },
  } satisfies Of<Exclude<IdentifierNamespace, CustomNamespace>>,
  identity_states: {
    title: "Identity states",
    description: "How far a person is known.",
    values: {
      anonymous: "A browser and nothing more.",
      pseudonymous: "A hashed address, number or key of the CRM is known.",
      authenticated: "Proved, by a signed token or by a source with a secret key.",
    },
  } satisfies Of<IdentityState>,
  lifecycle_stages: {
    title: "Lifecycle stages",
    description: "How far a person is on the way to being a customer, in order.",
    values: {
      lead: "Asked for something, and can be contacted.",
      mql: "Marketing qualified: by what they did, worth a closer look.",
      sql: "Sales qualified: a person of the company has found a need.",
      customer: "Has bought.",
    },
  } satisfies Of<LifecycleStage>,
  acquisition_sources: {
    title: "Acquisition sources",
    description: "Where a visit, and with it a customer, came from.",
    values: {
      direct: "The address was typed, or nothing is known.",
      organic_search: "An unpaid result of a search engine.",
      paid_search: "An ad of a search engine.",
      organic_social: "A post in a social network.",
      paid_social: "An ad in a social network.",
      email: "A link in an e-mail.",
      sms: "A link in a text message.",
      push: "A notification.",
      referral: "A link of another site.",
      affiliate: "A partner that is paid for the sale.",
      display: "A banner on another site.",
      video: "An ad in a video.",
      ai_assistant: "A link in an answer of an AI assistant.",
      offline: "A shop, a fair, a call, print.",
      other: "None of these.",
    },
  } satisfies Of<AcquisitionSource>,
  content_types: {
    title: "Content types",
    description: "Kinds of content that a page or a slot may show.",
    values: {
      article: "A text to be read.",
      product: "The page of one product.",
      category: "A list of products or articles.",
      landing: "A page that a campaign leads to.",
      page: "Any other page.",
      offer: "What a slot shows.",
    },
  } satisfies Of<ContentType>,
  content_categories: {
    title: "Content categories",
    description: "What a piece of content is for, across kinds.",
    values: {
      news: "Something new.",
      story: "To be enjoyed.",
      guide: "How to choose or to do something.",
      review: "What somebody thinks of a product.",
      catalogue: "What there is to buy.",
      promotion: "A sale or a campaign.",
      event: "Something that takes place.",
      support: "Help with what was bought.",
      company: "About the company.",
      legal: "Terms, privacy, imprint.",
    },
  } satisfies Of<ContentCategory>,
  order_statuses: {
    title: "Order statuses",
    description: "What became of an order.",
    values: {
      placed: "The customer has ordered.",
      paid: "The money is there.",
      shipped: "It is on its way.",
      delivered: "The customer has it.",
      cancelled: "It will not be sent.",
      refunded: "The money went back.",
    },
  } satisfies Of<OrderStatus>,
  device_types: {
    title: "Device types",
    description: "Classes of devices, from the user agent and client hints.",
    values: {
      desktop: "A computer with a keyboard.",
      mobile: "A telephone.",
      tablet: "A tablet.",
      other: "A television, a console, a machine, or unknown.",
    },
  } satisfies Of<DeviceType>,
  agent_kinds: {
    title: "Agent kinds",
    description: "What an automated visitor is for.",
    values: {
      ai_assistant: "Fetches a page because a person asked an AI assistant.",
      ai_search: "Reads pages for an AI's search index.",
      ai_crawler: "Reads pages to train an AI.",
      search_engine: "Reads pages for a search engine.",
      social_preview: "Makes the preview of a link that somebody shared.",
      monitor: "Watches whether the site works.",
      seo: "Analyses sites for marketers.",
      automation: "A browser that a program drives.",
      http_client: "A program without a browser.",
      bot: "Any other.",
    },
  } satisfies Of<AgentKind>,
  referrer_classes: {
    title: "Referrer classes",
    description: "Where a visitor came from, by the referrer's host.",
    values: {
      direct: "No referrer is known.",
      internal: "Another page of the site.",
      search: "A search engine.",
      social: "A social network.",
      ai_assistant: "An AI assistant.",
      email: "A mailbox on the web.",
      paid: "An ad.",
      other: "Any other site.",
    },
  } satisfies Of<ReferrerClass>,
  click_ids: {
    title: "Click ids",
    description: "Parameters by which ad platforms name one click. They serve marketing alone.",
    values: {
      gclid: "Google Ads.",
      gbraid: "Google Ads, in apps on iOS.",
      wbraid: "Google Ads, from apps to the web.",
      dclid: "Google Display & Video.",
      fbclid: "Meta.",
      msclkid: "Microsoft.",
      ttclid: "TikTok.",
      li_fat_id: "LinkedIn.",
      twclid: "X.",
      sccid: "Snapchat.",
      epik: "Pinterest.",
      rdt_cid: "Reddit.",
      yclid: "Yandex.",
    },
  } satisfies Of<ClickId>,
  context_flags: {
    title: "Flags",
    description: "What is odd about an event that is taken all the same.",
    values: {
      unknown_content: "Its `content_id` names nothing that is known.",
      unknown_product: "Its `product_id` names nothing that is known.",
    },
  } satisfies Of<ContextFlag>,
  token_problems: {
    title: "Identity tokens",
    description: "Why a token proves nothing. Its event comes in all the same, as a mere claim.",
    values: {
      token_malformed: "It is no JSON Web Token.",
      token_too_large: "It has more than 8,192 characters.",
      token_too_many: "The request carries more than four different ones.",
      token_in_url: "It came in the address, which logs and histories keep.",
      token_unknown_issuer: "Its issuer is not configured.",
      token_wrong_audience: "It was made for somebody else.",
      token_wrong_source: "Its issuer may not speak for this source's visitors.",
      token_bad_algorithm: "It is signed in a way that its issuer does not use, or not at all.",
      token_unknown_key: "Its issuer has no such key.",
      token_bad_signature: "Its signature does not hold.",
      token_expired: "It has ended.",
      token_not_yet_valid: "It does not hold yet.",
      token_lives_too_long: "It lives longer than its issuer's tokens may.",
      token_lacks_claim: "It says nothing of whom it names, or of when it ends.",
      token_names_nobody: "Its subject is a placeholder.",
      token_keys_unavailable: "Its issuer's keys cannot be read.",
    },
  } satisfies Of<TokenProblem>,
  subject_request_types: {
    title: "Subject requests",
    description: "What a person may ask for about themself.",
    values: {
      access: "To be shown all that is known of them.",
      portability: "To be given what they provided, in a form for machines.",
      erasure: "To have it erased everywhere, for good.",
      opt_out: "To have it neither sold nor shared.",
    },
  } satisfies Of<SubjectRequestType>,
  regulations: {
    title: "Regulations",
    description: "The law under which a person asks, which decides the deadline.",
    values: {
      gdpr: "The GDPR: one month, and two more where it is complex.",
      ccpa: "The CCPA: 45 days, and 45 more.",
    },
  } satisfies Of<Regulation>,
  roles: {
    title: "Roles",
    description: "What somebody who uses the console may do.",
    values: {
      viewer: "Looks.",
      marketer: "Edits and publishes releases, too.",
      engineer: "Publishes, repairs, replays, and turns destinations on and off.",
      privacy_officer: "Works off subject requests, and reads the audit log.",
      admin: "May do everything, and lets others in.",
    },
  } satisfies Of<Role>,
};
