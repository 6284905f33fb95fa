<?php
/**
 * One id for a post and its translations, so that numbers about a piece of content are not torn apart by language: the id
 * of the translation in the site's default language. It is in the REST API (field "doorstep"), in the webhook, and in the
 * page, where Doorstep's script reads it. Knows Polylang and WPML; without them each post is its own content.
 */

defined( 'ABSPATH' ) || exit;

/** @return array{content_id: string, locale: string|null, topic: string|null} */
function doorstep_content( int $post_id ): array {
	$id     = $post_id;
	$locale = null;
	if ( function_exists( 'pll_get_post' ) && function_exists( 'pll_default_language' ) ) {
		$locale = pll_get_post_language( $post_id, 'slug' );
		$id     = pll_get_post( $post_id, pll_default_language() );
	} elseif ( has_filter( 'wpml_object_id' ) ) {
		$details = apply_filters( 'wpml_post_language_details', null, $post_id );
		$locale  = is_array( $details ) && isset( $details['language_code'] ) ? $details['language_code'] : null;
		$id      = apply_filters( 'wpml_object_id', $post_id, get_post_type( $post_id ), true, apply_filters( 'wpml_default_language', null ) );
	}
	$topics = get_the_terms( $post_id, 'category' );
	return array(
		'content_id' => (string) ( $id ? $id : $post_id ),
		'locale'     => $locale ? (string) $locale : null,
		'topic'      => is_array( $topics ) && $topics ? $topics[0]->slug : null,
	);
}

/** REST bases of the types that Doorstep reads: those with a place of their own in the site and the REST API. */
function doorstep_types(): array {
	return array_values( get_post_types( array( 'public' => true, 'show_in_rest' => true ) ) );
}

add_action(
	'rest_api_init',
	static function (): void {
		foreach ( doorstep_types() as $type ) {
			register_rest_field(
				$type,
				'doorstep',
				array(
					'get_callback' => static function ( array $post ): array {
						return doorstep_content( (int) $post['id'] );
					},
					'schema'       => array(
						'type'     => 'object',
						'context'  => array( 'view', 'edit' ),
						'readonly' => true,
					),
				)
			);
		}
	}
);
