CREATE TABLE `quarantine_index` (
	`day` text NOT NULL,
	`source` text NOT NULL,
	`name` text NOT NULL,
	`cause` text NOT NULL,
	`id` text NOT NULL,
	`received_at` integer NOT NULL,
	`status` text NOT NULL,
	`object` text,
	`line` integer,
	`replay` text,
	`replayed_at` integer,
	PRIMARY KEY(`day`, `source`, `name`, `cause`, `id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `quarantine_replays` ON `quarantine_index` (`replay`) WHERE status IN ('replaying', 'sent');