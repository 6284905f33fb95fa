/** Where the Worker may send a request that somebody else has named: every spelling of an address that it may not. */
import { describe, expect, it } from "vitest";
import { unsafeEndpoint, unsafeTarget } from "#core/safe-url";

describe("a request that somebody else named goes to public names by https only", () => {
  it.each([
    "https://hooks.example.com/x",
    "https://hooks.example.com:8443/x",
    "https://hooks.example.com:443/x",
    "https://hooks.example.com./x",
    "https://xn--bcher-kva.example/",
    "https://bücher.example/",
    "https://internal.example.com/",
    "https://localhost.example.com/",
    "https://127.0.0.1.example.com/",
    "https://1.1.1.1.example.com/",
    "https://example.com/?next=http://127.0.0.1/",
  ])("%s", (url) => {
    expect(unsafeTarget(url, false)).toBeUndefined();
  });

  it.each([
    // Schemes, and what is no address at all.
    ["http://hooks.example.com/", "not_https"],
    ["HTTP://hooks.example.com/", "not_https"],
    ["ftp://hooks.example.com/", "not_https"],
    ["file:///etc/passwd", "not_https"],
    ["data:text/plain,x", "not_https"],
    ["javascript:alert(1)", "not_https"],
    ["ws://hooks.example.com/", "not_https"],
    ["not a url", "not_a_url"],
    ["", "not_a_url"],
    ["//hooks.example.com/", "not_a_url"],
    ["https://", "not_a_url"],
    ["https://exa mple.com/", "not_a_url"],
    ["https://hooks.example.com:99999/", "not_a_url"],
    ["https://1.2.3.256/", "not_a_url"],
    ["https://[::1/", "not_a_url"],
    // Credentials, which also hide where an address leads.
    ["https://user:pass@hooks.example.com/", "credentials_in_url"],
    ["https://user@hooks.example.com/", "credentials_in_url"],
    ["https://:pass@hooks.example.com/", "credentials_in_url"],
    ["https://hooks.example.com@127.0.0.1/", "credentials_in_url"],
    ["https://hooks.example.com%40@127.0.0.1/", "credentials_in_url"],
    // IPv4: dotted, short, decimal, hexadecimal, octal, mixed, with trailing dots, escaped, in other scripts' digits.
    ["https://127.0.0.1/", "ip_address"],
    ["https://127.0.0.1./", "ip_address"],
    ["https://127.1/", "ip_address"],
    ["https://2130706433/", "ip_address"],
    ["https://0x7f000001/", "ip_address"],
    ["https://0x7f.1/", "ip_address"],
    ["https://017700000001/", "ip_address"],
    ["https://0177.0.0.0x1/", "ip_address"],
    ["https://0/", "ip_address"],
    ["https://0.0.0.0/", "ip_address"],
    ["https://%31%32%37.0.0.1/", "ip_address"],
    ["https://１２７.0.0.1/", "ip_address"],
    ["https://127。0。0。1/", "ip_address"],
    ["https://①②⑦.0.0.1/", "ip_address"],
    ["https://10.0.0.1/", "ip_address"],
    ["https://172.16.0.1/", "ip_address"],
    ["https://192.168.1.1/", "ip_address"],
    ["https://100.64.0.1/", "ip_address"],
    ["https://169.254.169.254/latest/meta-data", "ip_address"],
    ["https://8.8.8.8/", "ip_address"],
    ["https://127.0.0.1:8443/", "ip_address"],
    // IPv6: loopback, unspecified, private, link-local, mapped, translated.
    ["https://[::1]/", "ip_address"],
    ["https://[::]/", "ip_address"],
    ["https://[fd00::1]/", "ip_address"],
    ["https://[fe80::1]/", "ip_address"],
    ["https://[::ffff:127.0.0.1]/", "ip_address"],
    ["https://[::ffff:7f00:1]/", "ip_address"],
    ["https://[64:ff9b::a9fe:a9fe]/", "ip_address"],
    ["https://[2606:4700:4700::1111]/", "ip_address"],
    // Names that only a private network knows.
    ["https://localhost/", "local_name"],
    ["https://LOCALHOST./", "local_name"],
    ["https://ｌｏｃａｌｈｏｓｔ/", "local_name"],
    ["https://api.localhost/", "local_name"],
    ["https://intranet/", "local_name"],
    ["https://vault.internal/", "local_name"],
    ["https://metadata.google.internal./", "local_name"],
    ["https://db.svc.cluster.local/", "local_name"],
    ["https://printer.lan/", "local_name"],
    ["https://wiki.corp/", "local_name"],
    ["https://nas.home.arpa/", "local_name"],
    ["https://1.0.0.127.in-addr.arpa/", "local_name"],
    ["https://vault.ｉｎｔｅｒｎａｌ/", "local_name"],
    ["https://vault%2einternal/", "local_name"],
    ["https://hidden.onion/", "local_name"],
    ["https://hooks.example.com../", "local_name"],
    // Ports of the system's other services.
    ["https://hooks.example.com:22/", "port"],
    ["https://hooks.example.com:25/", "port"],
    ["https://hooks.example.com:80/", "port"],
    ["https://hooks.example.com:1023/", "port"],
    ["https://hooks.example.com:0/", "port"],
  ])("%s is refused: %s", (url, reason) => {
    expect(unsafeTarget(url, false)).toBe(reason);
  });

  it.each([
    "\thttps://127.0.0.1/",
    "https://127.0.0.1\\@hooks.example.com/",
    "https:127.0.0.1",
    "https://127.0\n.0.1/",
  ])("an address is read as fetch reads it: %j", (url) => {
    expect(unsafeTarget(url, false)).toBe("ip_address");
  });

  it("local development may use plain http and local addresses, and still no other scheme", () => {
    expect(unsafeTarget("http://127.0.0.1:8788/webhook", true)).toBeUndefined();
    expect(unsafeTarget("http://localhost:80/", true)).toBeUndefined();
    expect(unsafeTarget("file:///etc/passwd", true)).toBe("not_https");
    expect(unsafeTarget("http://user:pass@localhost/", true)).toBe("credentials_in_url");
  });
});

describe("credentials go to their vendor only", () => {
  it.each([
    ["https://hubapi.com/", undefined],
    ["https://api.hubapi.com", undefined],
    ["https://API.HubAPI.com.", undefined],
    ["https://api-eu1.hubapi.com/", undefined],
    ["https://collector.example.com/", "foreign_host"],
    ["https://hubapi.com.example.com/", "foreign_host"],
    ["https://nothubapi.com/", "foreign_host"],
    ["https://example.com/hubapi.com", "foreign_host"],
    ["https://example.com#.hubapi.com", "foreign_host"],
    ["https://example.com?.hubapi.com", "foreign_host"],
    ["https://hubapi.com@example.com/", "credentials_in_url"],
    ["http://api.hubapi.com/", "not_https"],
  ])("%s → %s", (url, reason) => {
    expect(unsafeEndpoint(url, ["hubapi.com"], false)).toBe(reason);
  });

  it("a sandbox may stand in for the vendor in local development", () => {
    expect(unsafeEndpoint("http://localhost:8788/hubspot", ["hubapi.com"], true)).toBeUndefined();
  });
});
