<?php
/**
 * Telling Doorstep that content has changed. What is sent is a hint ("post 12 was saved"), and Doorstep asks the REST API for
 * the post itself; only that one is gone is taken at its word. Collected while a request runs and sent when its answer is out, so that
 * no editor waits for it; what gets lost, Doorstep's next pull finds.
 */

defined( 'ABSPATH' ) || exit;

/** @var array<string, array> $doorstep_events by content */
$doorstep_events = array();

function doorstep_tell( string $event, int $post_id ): void {
	global $doorstep_events;
	$type = get_post_type( $post_id );
	if ( wp_is_post_revision( $post_id ) || wp_is_post_autosave( $post_id ) || ! in_array( $type, doorstep_types(), true ) ) {
		return;
	}
	$content                     = doorstep_content( $post_id );
	$doorstep_events[ $post_id ] = array(
		'event'      => $event,
		'id'         => $post_id,
		'content_id' => $content['content_id'],
		'locale'     => $content['locale'],
		'type'       => $type,
	);
}

/** Saved, published, taken back: also by the REST API, by import, and when a scheduled post's time has come. */
add_action(
	'transition_post_status',
	static function ( string $new, string $old, WP_Post $post ): void {
		if ( 'publish' === $new || ( 'auto-draft' !== $new && 'new' !== $new && 'trash' !== $new && 'inherit' !== $new ) ) {
			// A draft that was public must be gone at once, though Doorstep may not be allowed to read drafts.
			doorstep_tell( 'publish' === $old && 'publish' !== $new ? 'removed' : 'saved', $post->ID );
		} elseif ( 'trash' === $new ) {
			doorstep_tell( 'removed', $post->ID );
		}
	},
	10,
	3
);
add_action(
	'save_post',
	static function ( int $post_id, WP_Post $post, bool $update ): void {
		global $doorstep_events;
		if ( $update && ! isset( $doorstep_events[ $post_id ] ) && 'trash' !== $post->post_status ) {
			doorstep_tell( 'saved', $post_id );
		}
	},
	10,
	3
);
add_action(
	'before_delete_post',
	static function ( int $post_id ): void {
		doorstep_tell( 'removed', $post_id );
	}
);

add_action( 'shutdown', 'doorstep_send' );

/** Sends what was collected. One request each, not waited for. */
function doorstep_send(): void {
	global $doorstep_events;
	$events          = $doorstep_events;
	$doorstep_events = array();
	$settings        = doorstep_settings();
	if ( ! $events || '' === $settings['url'] || '' === $settings['webhook_secret'] ) {
		return;
	}
	$address = $settings['url'] . '/hooks/cms/wordpress';
	if ( '' !== $settings['cms_source'] ) {
		$address .= '?source=' . rawurlencode( $settings['cms_source'] );
	}
	if ( function_exists( 'fastcgi_finish_request' ) ) {
		fastcgi_finish_request();
	}
	foreach ( array_slice( $events, 0, 50 ) as $event ) {
		$body    = wp_json_encode( $event );
		$headers = doorstep_signature_headers( $settings['webhook_secret'], wp_generate_uuid4(), time(), $body );
		if ( null === $headers ) {
			return;
		}
		wp_remote_post(
			$address,
			array(
				'headers'     => $headers + array( 'content-type' => 'application/json' ),
				'body'        => $body,
				'timeout'     => 3,
				'redirection' => 0,
				'blocking'    => false,
			)
		);
	}
}
