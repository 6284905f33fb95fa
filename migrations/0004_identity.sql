CREATE TABLE `identity_changes` (
	`id` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`note` text NOT NULL,
	`links` text NOT NULL,
	`undone_at` integer,
	`undone_by` text
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `identity_conflicts` (
	`a` text NOT NULL,
	`b` text NOT NULL,
	`kind` text NOT NULL,
	`reason` text NOT NULL,
	`at` integer NOT NULL,
	`settled` text,
	PRIMARY KEY(`a`, `b`, `kind`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `identity_moves` (
	`id` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`moves` text NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `identity_moves_at` ON `identity_moves` (`at`);
--> statement-breakpoint
ALTER TABLE `identifiers` ADD `members` text;
--> statement-breakpoint
UPDATE `identifiers` SET `members` = (SELECT p.`members` FROM `profiles` p WHERE p.`root` = `identifiers`.`profile`) WHERE `profile` IS NOT NULL;
--> statement-breakpoint
ALTER TABLE `identifiers` DROP COLUMN `profile`;
--> statement-breakpoint
DROP TABLE `profiles`;
--> statement-breakpoint
CREATE TABLE `links_by_kind` (
	`node` text NOT NULL,
	`other` text NOT NULL,
	`kind` text NOT NULL,
	`strength` integer NOT NULL,
	`event_id` text NOT NULL,
	`source` text NOT NULL,
	`at` integer NOT NULL,
	`state` text NOT NULL,
	PRIMARY KEY(`node`, `kind`, `other`)
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `links_by_kind` (`node`, `other`, `kind`, `strength`, `event_id`, `source`, `at`, `state`)
	SELECT `node`, `other`, `kind`, `strength`, `event_id`, `source`, `at`, `state` FROM `links`;
--> statement-breakpoint
DROP TABLE `links`;
--> statement-breakpoint
ALTER TABLE `links_by_kind` RENAME TO `links`;
