CREATE TABLE `delivery_jobs` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`destination` text NOT NULL,
	`state` text NOT NULL,
	`asked` text NOT NULL,
	`cursor` text,
	`counts` text NOT NULL,
	`actor` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`leased_until` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `profile_told` (
	`subject` text NOT NULL,
	`destination` text NOT NULL,
	`told` text NOT NULL,
	`version` integer NOT NULL,
	PRIMARY KEY(`subject`, `destination`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `profile_due` (
	`due_at` integer PRIMARY KEY NOT NULL,
	`marks` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `reconciliations` (
	`day` text PRIMARY KEY NOT NULL,
	`state` text NOT NULL,
	`cursor` text,
	`counts` text NOT NULL,
	`gaps` text NOT NULL,
	`open` integer NOT NULL,
	`at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `delivery_failures` ADD `name` text;--> statement-breakpoint
ALTER TABLE `delivery_failures` ADD `replay` text;
