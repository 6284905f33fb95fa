<?php
/**
 * Signing the content webhook, by Standard Webhooks 1.0: HMAC-SHA-256 over "id.timestamp.body".
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */

/** The bytes of a secret "whsec_<base64>", or null where it is none. */
function doorstep_secret_bytes( string $secret ): ?string {
	if ( ! preg_match( '#^whsec_[A-Za-z0-9+/]{32,88}={0,2}$#', $secret ) ) {
		return null;
	}
	$bytes = base64_decode( substr( $secret, 6 ), true );
	return false === $bytes ? null : $bytes;
}

/** The three headers, or null where there is no usable secret. */
function doorstep_signature_headers( string $secret, string $id, int $timestamp, string $body ): ?array {
	$bytes = doorstep_secret_bytes( $secret );
	if ( null === $bytes ) {
		return null;
	}
	$mac = hash_hmac( 'sha256', "$id.$timestamp.$body", $bytes, true );
	return array(
		'webhook-id'        => $id,
		'webhook-timestamp' => (string) $timestamp,
		'webhook-signature' => 'v1,' . base64_encode( $mac ),
	);
}
