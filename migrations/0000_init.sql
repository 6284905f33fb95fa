CREATE TABLE `consents` (
	`subject` text NOT NULL,
	`given_at` integer NOT NULL,
	`id` text NOT NULL,
	`purposes` text NOT NULL,
	`regime` text NOT NULL,
	`source` text NOT NULL,
	`evidence` text NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`subject`, `given_at`, `id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `delivery_failures` (
	`item_id` text PRIMARY KEY NOT NULL,
	`destination` text NOT NULL,
	`event_id` text NOT NULL,
	`code` text NOT NULL,
	`detail` text,
	`attempt` integer NOT NULL,
	`at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `identifiers` (
	`key` text PRIMARY KEY NOT NULL,
	`profile` text,
	`facts` text DEFAULT '{}' NOT NULL,
	`claims` text DEFAULT '[]' NOT NULL,
	`consent` text,
	`suppressed` integer DEFAULT 0 NOT NULL,
	`sealed` text,
	`snapshot` text,
	`version` integer NOT NULL,
	`seen_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `links` (
	`node` text NOT NULL,
	`other` text NOT NULL,
	`kind` text NOT NULL,
	`strength` integer NOT NULL,
	`event_id` text NOT NULL,
	`source` text NOT NULL,
	`at` integer NOT NULL,
	`state` text NOT NULL,
	PRIMARY KEY(`node`, `other`, `kind`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `profiles` (
	`root` text PRIMARY KEY NOT NULL,
	`members` text NOT NULL,
	`version` integer NOT NULL,
	`updated_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `subject_keys` (
	`subject` text PRIMARY KEY NOT NULL,
	`wrapped` text NOT NULL,
	`created_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `releases` (
	`version` integer PRIMARY KEY NOT NULL,
	`document` text NOT NULL,
	`note` text NOT NULL,
	`created_at` integer NOT NULL
) WITHOUT ROWID;
