CREATE TABLE `profile_looks` (
	`id` integer PRIMARY KEY NOT NULL,
	`keys` text NOT NULL
);
--> statement-breakpoint
DROP INDEX `identifiers_due`;--> statement-breakpoint
ALTER TABLE `identifiers` ADD `due_in` text;--> statement-breakpoint
UPDATE `identifiers` SET `due_in` = json_array((abs(`due_at`) + 59999) / 60000 * 1048576 + unicode(substr(`key`, -1)) * 4096 + unicode(substr(`key`, -2)))
	WHERE `due_at` IS NOT NULL;
--> statement-breakpoint
INSERT INTO `profile_looks` (`id`, `keys`)
	SELECT d.`value`, json_group_array(i.`key`) FROM `identifiers` i, json_each(i.`due_in`) d WHERE i.`due_at` IS NOT NULL GROUP BY d.`value`;
