<?php
/**
 * Doorstep's scripts in the pages of the site: /doorstep.js for events, /doorstep-slots.js for slots of cached pages, what
 * the page shows (content id, topic), and the bridge to the WP Consent API where that is there.
 */

defined( 'ABSPATH' ) || exit;

add_action(
	'wp_enqueue_scripts',
	static function (): void {
		$settings = doorstep_settings();
		if ( '' === $settings['url'] || '' === $settings['write_key'] ) {
			return;
		}
		// Their addresses carry no version of ours: they belong to the Doorstep that serves them.
		wp_enqueue_script( 'doorstep', $settings['url'] . '/doorstep.js', array(), null, false ); // phpcs:ignore WordPress.WP.EnqueuedResourceParameters
		wp_enqueue_script( 'doorstep-slots', $settings['url'] . '/doorstep-slots.js', array(), null, true ); // phpcs:ignore WordPress.WP.EnqueuedResourceParameters
		if ( $settings['consent'] && function_exists( 'wp_has_consent' ) ) {
			wp_enqueue_script( 'doorstep-consent', plugins_url( 'consent.js', DOORSTEP_FILE ), array( 'wp-consent-api' ), DOORSTEP_VERSION, true );
		}
	}
);

add_filter(
	'script_loader_tag',
	static function ( string $tag, string $handle ): string {
		if ( 'doorstep' === $handle ) {
			$attributes = sprintf( ' async data-write-key="%s"', esc_attr( doorstep_settings()['write_key'] ) );
		} elseif ( 'doorstep-slots' === $handle ) {
			$attributes = ' async';
		} else {
			return $tag;
		}
		return preg_replace( '/<script\b/', '<script' . $attributes, $tag, 1 );
	},
	10,
	2
);

/** What a page of the site is about, where Doorstep's script looks for it. */
add_action(
	'wp_head',
	static function (): void {
		$post_id = is_singular( doorstep_types() ) ? get_queried_object_id() : 0;
		if ( ! $post_id ) {
			return;
		}
		$content = doorstep_content( $post_id );
		$types   = array(
			'page'    => 'page',
			'product' => 'product',
		);
		$type    = get_post_type( $post_id );
		$about   = array(
			'content_id'   => $content['content_id'],
			'content_type' => isset( $types[ $type ] ) ? $types[ $type ] : 'article',
			'topic'        => $content['topic'],
			'publish_date' => get_the_date( 'Y-m-d', $post_id ),
		);
		printf(
			"<meta name=\"doorstep:content\" content=\"%s\">\n",
			esc_attr( wp_json_encode( array_filter( $about, 'is_string' ) ) )
		);
	}
);

/** To the WP Consent API: this plug-in asks before it does anything. */
add_filter( 'wp_consent_api_registered_' . plugin_basename( DOORSTEP_FILE ), '__return_true' );
