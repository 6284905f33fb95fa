<?php
/**
 * Plugin Name: Doorstep
 * Description: Places for Doorstep's offers in pages and posts, content for its offers from posts, and consent told both ways.
 * Version: 1.0.0
 * Requires at least: 5.9
 * Requires PHP: 7.4
 * License: Apache-2.0 OR GPL-2.0-or-later
 * License URI: https://www.apache.org/licenses/LICENSE-2.0
 * Text Domain: doorstep
 *
 * Each file of includes/ is one thing that the plug-in does; this one only loads them.
 */

defined( 'ABSPATH' ) || exit;

define( 'DOORSTEP_VERSION', '1.0.0' );
define( 'DOORSTEP_FILE', __FILE__ );

require __DIR__ . '/includes/settings.php';
require __DIR__ . '/includes/signature.php';
require __DIR__ . '/includes/content-id.php';
require __DIR__ . '/includes/webhook.php';
require __DIR__ . '/includes/slot.php';
require __DIR__ . '/includes/scripts.php';
