<?php
/** Settings → Doorstep: where Doorstep is, which source this site is, and the secret of the content webhook. */

defined( 'ABSPATH' ) || exit;

/** @return array{url: string, write_key: string, cms_source: string, webhook_secret: string, consent: bool} */
function doorstep_settings(): array {
	$saved = get_option( 'doorstep', array() );
	return wp_parse_args(
		is_array( $saved ) ? $saved : array(),
		array(
			'url'            => '',
			'write_key'      => '',
			'cms_source'     => '',
			'webhook_secret' => '',
			'consent'        => true,
		)
	);
}

/** Only what is well-formed is kept; what is not keeps its old value, and the page says why. */
function doorstep_sanitize_settings( $given ): array {
	$old   = doorstep_settings();
	$given = is_array( $given ) ? $given : array();
	$text  = static function ( string $name ) use ( $given ): string {
		return isset( $given[ $name ] ) && is_string( $given[ $name ] ) ? trim( $given[ $name ] ) : '';
	};
	$url    = untrailingslashit( esc_url_raw( $text( 'url' ), array( 'https', 'http' ) ) );
	$secret = $text( 'webhook_secret' );
	if ( '' === $secret ) {
		$secret = $old['webhook_secret']; // The form never shows it, so that an empty field keeps it.
	} elseif ( null === doorstep_secret_bytes( $secret ) ) {
		add_settings_error( 'doorstep', 'secret', __( 'The webhook secret is whsec_ and the base64 of 24 to 64 bytes.', 'doorstep' ) );
		$secret = $old['webhook_secret'];
	}
	return array(
		'url'            => $url,
		'write_key'      => preg_replace( '/[^A-Za-z0-9_-]/', '', $text( 'write_key' ) ),
		'cms_source'     => preg_replace( '/[^a-z0-9_-]/', '', $text( 'cms_source' ) ),
		'webhook_secret' => $secret,
		'consent'        => ! empty( $given['consent'] ),
	);
}

add_action(
	'admin_init',
	static function (): void {
		register_setting(
			'doorstep',
			'doorstep',
			array(
				'type'              => 'object',
				'sanitize_callback' => 'doorstep_sanitize_settings',
				'show_in_rest'      => false,
			)
		);
		add_settings_section( 'doorstep', '', '__return_null', 'doorstep' );
		$fields = array(
			'url'            => array( __( 'Address of Doorstep', 'doorstep' ), __( 'For example https://shop.example or https://shop.example/ds.', 'doorstep' ) ),
			'write_key'      => array( __( 'Write key', 'doorstep' ), __( 'The public key of this site\'s source.', 'doorstep' ) ),
			'cms_source'     => array( __( 'Content source', 'doorstep' ), __( 'Its key in the release\'s “cms”; empty: any that the secret fits.', 'doorstep' ) ),
			'webhook_secret' => array( __( 'Webhook secret', 'doorstep' ), __( 'Leave it empty to keep the one that is saved.', 'doorstep' ) ),
			'consent'        => array( __( 'Consent', 'doorstep' ), __( 'Tell the WP Consent API and Doorstep of each other\'s decisions.', 'doorstep' ) ),
		);
		foreach ( $fields as $name => list( $label, $hint ) ) {
			add_settings_field( "doorstep_$name", $label, 'doorstep_field', 'doorstep', 'doorstep', compact( 'name', 'hint' ) );
		}
	}
);

function doorstep_field( array $field ): void {
	$settings = doorstep_settings();
	$name     = $field['name'];
	if ( 'consent' === $name ) {
		printf( '<label><input type="checkbox" name="doorstep[consent]" value="1" %s> %s</label>', checked( $settings['consent'], true, false ), esc_html( $field['hint'] ) );
		return;
	}
	$is_secret = 'webhook_secret' === $name;
	printf(
		'<input type="%s" class="regular-text" autocomplete="off" name="doorstep[%s]" value="%s"><p class="description">%s</p>',
		$is_secret ? 'password' : 'text',
		esc_attr( $name ),
		esc_attr( $is_secret ? '' : $settings[ $name ] ),
		esc_html( $field['hint'] )
	);
}

add_action(
	'admin_menu',
	static function (): void {
		add_options_page(
			'Doorstep',
			'Doorstep',
			'manage_options',
			'doorstep',
			static function (): void {
				echo '<div class="wrap"><h1>Doorstep</h1><form method="post" action="options.php">';
				settings_fields( 'doorstep' );
				do_settings_sections( 'doorstep' );
				submit_button();
				echo '</form></div>';
			}
		);
	}
);
