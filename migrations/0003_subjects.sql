CREATE TABLE `access_tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`hash` text NOT NULL,
	`name` text NOT NULL,
	`role` text NOT NULL,
	`personal` integer NOT NULL,
	`sources` text,
	`created_at` integer NOT NULL,
	`created_by` text NOT NULL,
	`expires_at` integer NOT NULL,
	`revoked_at` integer,
	`last_used_day` text
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `audit` (
	`seq` integer PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`target` text NOT NULL,
	`detail` text NOT NULL,
	`prev` text NOT NULL,
	`hash` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `jobs` (
	`name` text PRIMARY KEY NOT NULL,
	`state` text NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `subject_requests` (
	`id` text PRIMARY KEY NOT NULL,
	`type` text NOT NULL,
	`regulation` text NOT NULL,
	`status` text NOT NULL,
	`verification` text NOT NULL,
	`made_by` text NOT NULL,
	`verified_by` text,
	`received_at` integer NOT NULL,
	`due_at` integer NOT NULL,
	`extended` integer DEFAULT 0 NOT NULL,
	`completed_at` integer,
	`scope` text NOT NULL,
	`subjects` text NOT NULL,
	`identity_types` text NOT NULL,
	`sealed` text,
	`steps` text DEFAULT '[]' NOT NULL,
	`cancelled_reason` text,
	`results_until` integer,
	`alerted_day` text,
	`version` integer DEFAULT 1 NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `identifiers` ADD `first_at` integer;--> statement-breakpoint
CREATE INDEX `identifiers_claimed` ON `identifiers` (substr(`key`, instr(`key`, '|') + 1)) WHERE instr(`key`, '|') > 0;
--> statement-breakpoint
CREATE INDEX `subject_requests_open` ON `subject_requests` (`due_at`) WHERE sealed IS NOT NULL;
--> statement-breakpoint
CREATE INDEX `subject_requests_received` ON `subject_requests` (`received_at`);
--> statement-breakpoint
INSERT INTO `jobs` (`name`, `state`) VALUES ('erasures', '0');
--> statement-breakpoint
CREATE TRIGGER `audit_is_not_changed` BEFORE UPDATE ON `audit`
BEGIN
	SELECT RAISE(ABORT, 'the audit log is append-only');
END;
--> statement-breakpoint
CREATE TRIGGER `audit_is_not_deleted` BEFORE DELETE ON `audit`
BEGIN
	SELECT RAISE(ABORT, 'the audit log is append-only');
END;
