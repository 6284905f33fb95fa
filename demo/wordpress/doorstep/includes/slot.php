<?php
/**
 * A slot in a post or page: the block "Doorstep slot", and [doorstep_slot name="hero"]…[/doorstep_slot] where there are no
 * blocks. Inside is the baseline: what everybody sees until, and unless, Doorstep shows an offer.
 */

defined( 'ABSPATH' ) || exit;

/** @param string $baseline HTML that WordPress has made safe already, as it does with any content */
function doorstep_slot( string $name, string $baseline ): string {
	$name = doorstep_slot_name( $name );
	if ( '' === $name ) {
		return $baseline;
	}
	// The attribute is for Doorstep in front of the site; the element for pages from a cache, which the script fills.
	return sprintf( '<doorstep-slot name="%1$s" data-doorstep-slot="%1$s">%2$s</doorstep-slot>', esc_attr( $name ), $baseline );
}

/** A key as releases have them; empty where it is none. */
function doorstep_slot_name( string $name ): string {
	return preg_match( '/^[a-z0-9][a-z0-9_-]{0,63}$/', $name ) ? $name : '';
}

add_action(
	'init',
	static function (): void {
		register_block_type(
			dirname( DOORSTEP_FILE ) . '/block',
			array(
				'render_callback' => static function ( array $attributes, string $content ): string {
					return doorstep_slot( isset( $attributes['name'] ) ? (string) $attributes['name'] : '', $content );
				},
			)
		);
		add_shortcode(
			'doorstep_slot',
			static function ( $attributes, ?string $content = null ): string {
				$given = shortcode_atts( array( 'name' => '' ), $attributes, 'doorstep_slot' );
				return doorstep_slot( (string) $given['name'], do_shortcode( (string) $content ) );
			}
		);
	}
);
