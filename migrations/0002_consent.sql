CREATE TABLE `anonymous_counts` (
	`day` text NOT NULL,
	`source` text NOT NULL,
	`name` text NOT NULL,
	`country` text NOT NULL,
	`content` text NOT NULL,
	`events` integer NOT NULL,
	PRIMARY KEY(`day`, `source`, `name`, `country`, `content`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `counted_envelopes` (
	`second` integer PRIMARY KEY NOT NULL,
	`ids` text NOT NULL
);
--> statement-breakpoint
CREATE TRIGGER `consents_are_not_changed` BEFORE UPDATE ON `consents`
BEGIN
	SELECT RAISE(ABORT, 'the ledger is append-only');
END;
--> statement-breakpoint
CREATE TRIGGER `consents_are_not_replaced` BEFORE INSERT ON `consents`
WHEN EXISTS (SELECT 1 FROM `consents` WHERE `subject` = NEW.`subject` AND `given_at` = NEW.`given_at` AND `id` = NEW.`id`)
BEGIN
	SELECT RAISE(IGNORE);
END;
