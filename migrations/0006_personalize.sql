CREATE TABLE `release_drafts` (
	`name` text PRIMARY KEY NOT NULL,
	`document` text NOT NULL,
	`base` integer NOT NULL,
	`revision` integer NOT NULL,
	`author` text NOT NULL,
	`updated_at` integer NOT NULL,
	`note` text DEFAULT '' NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `release_moves` (
	`revision` integer PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`stable` integer NOT NULL,
	`candidate` integer,
	`share` real DEFAULT 0 NOT NULL,
	`note` text DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE TABLE `release_schedule` (
	`id` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`version` integer NOT NULL,
	`actor` text NOT NULL,
	`note` text DEFAULT '' NOT NULL,
	`state` text NOT NULL,
	`detail` text
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `release_schedule_waiting` ON `release_schedule` (`at`) WHERE state = 'waiting';--> statement-breakpoint
CREATE TABLE `list_imports` (
	`id` integer PRIMARY KEY NOT NULL,
	`list` text NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`mode` text NOT NULL,
	`entries` integer NOT NULL,
	`refused` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `list_members` (
	`key` text NOT NULL,
	`list` text NOT NULL,
	`import` integer NOT NULL,
	PRIMARY KEY(`key`, `list`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `segment_sizes` (
	`day` text NOT NULL,
	`segment` text NOT NULL,
	`other` text DEFAULT '' NOT NULL,
	`people` integer NOT NULL,
	PRIMARY KEY(`day`, `segment`, `other`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `content_items` (
	`source` text NOT NULL,
	`id` text NOT NULL,
	`locale` text NOT NULL,
	`state` text NOT NULL,
	`document` text NOT NULL,
	`hash` text NOT NULL,
	`issues` text,
	`changed_at` integer NOT NULL,
	`imported_at` integer NOT NULL,
	PRIMARY KEY(`source`, `id`, `locale`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `content_pulls` (
	`source` text PRIMARY KEY NOT NULL,
	`tried_at` integer NOT NULL,
	`pulled_at` integer,
	`problem` text,
	`cursor` text,
	`items` integer DEFAULT 0 NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `offer_counts` (
	`day` text NOT NULL,
	`offer` text NOT NULL,
	`slot` text NOT NULL,
	`impressions` integer DEFAULT 0 NOT NULL,
	`clicks` integer DEFAULT 0 NOT NULL,
	`conversions` integer DEFAULT 0 NOT NULL,
	`value` real DEFAULT 0 NOT NULL,
	PRIMARY KEY(`day`, `offer`, `slot`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `slot_misses` (
	`day` text NOT NULL,
	`slot` text NOT NULL,
	`reason` text NOT NULL,
	`misses` integer NOT NULL,
	PRIMARY KEY(`day`, `slot`, `reason`)
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `identifiers` ADD `due_at` integer;--> statement-breakpoint
CREATE INDEX `identifiers_due` ON `identifiers` (`due_at`) WHERE due_at IS NOT NULL;--> statement-breakpoint
ALTER TABLE `releases` ADD `author` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `releases` ADD `parent` integer;