/** What the scrubber finds in texts and URLs, and, as important, what it leaves alone. Two lists, one line a case. */
import { describe, expect, it } from "vitest";
import { scrubText, scrubUrl } from "#consent/scrub";

const HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const JWT =
  "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";

const FOUND: [text: string, clean: string][] = [
  // addresses
  ["Order of ida@example.com", "Order of [email]"],
  ["ida.berg+news@mail.example.co.uk wrote", "[email] wrote"],
  ["ida%40example.com", "[email]"],
  ["ida%2540example.com", "[email]"],
  ["ida@example%2Ecom", "[email]"],
  ["schreib an ida@пример.рф bitte", "schreib an [email] bitte"],
  ["ida@xn--e1afmkfd.xn--p1ai", "[email]"],
  ["ida@उदाहरण.कॉम", "[email]"],
  ["<ida@example.com>", "<[email]>"],
  ["a@b.eu,c@d.eu", "[email],[email]"],
  ["o'brien@example.com", "[email]"],
  // characters that look like those of ASCII
  ["Ｏｒｄｅｒ of ida＠example．com", "Order of [email]"],
  ["ida﹫example.com", "[email]"],
  ["ida%EF%BC%A0example.com", "[email]"],
  ["電話：０９０５１２３４５６", "電話:[phone]"],
  ["٠٥٠ ١٢٣ ٤٥٦٧", "[phone]"],
  ["＋421 905 123 456", "[phone]"],
  // phones: with a country's code
  ["+421905123456", "[phone]"],
  ["%2B421905123456", "[phone]"],
  ["call +421 905 123 456 now", "call [phone] now"],
  ["+421-905-123-456", "[phone]"],
  ["+44 (0)20 7946 0958", "[phone]"],
  ["+44 20 7946 0958", "[phone]"],
  ["+1 (555) 123-4567", "[phone]"],
  ["+1.555.123.4567", "[phone]"],
  ["+49 171/1234567", "[phone]"],
  ["+33 1 23 45 67 89", "[phone]"],
  ["+45 12 34 56 78", "[phone]"],
  ["+86 138 0013 8000", "[phone]"],
  ["+ 420 777 123 456", "[phone]"],
  ["00421 905 123 456", "[phone]"],
  ["00421905123456", "[phone]"],
  ["0049-171-1234567", "[phone]"],
  // phones: national
  ["0905 123 456", "[phone]"],
  ["0905/123 456", "[phone]"],
  ["0905123456", "[phone]"],
  ["my number is 0905.123.456.", "my number is [phone]."],
  ["02/1234 5678", "[phone]"],
  ["(02) 1234 5678", "[phone]"],
  ["020 7946 0958", "[phone]"],
  ["07911 123456", "[phone]"],
  ["07911123456", "[phone]"],
  ["0171-1234567", "[phone]"],
  ["01701234567", "[phone]"],
  ["030 1234567", "[phone]"],
  ["01 23 45 67 89", "[phone]"],
  ["01.23.45.67.89", "[phone]"],
  ["06-12345678", "[phone]"],
  ["06 1 234 5678", "[phone]"],
  ["08-123 456 78", "[phone]"],
  ["02 123 45 67", "[phone]"],
  ["0905 123 456 2024", "[phone] 2024"],
  ["(234) 567-8901", "[phone]"],
  ["234-567-8901", "[phone]"],
  ["234.567.8901", "[phone]"],
  ["1-234-567-8901", "[phone]"],
  ["777 123 456", "[phone]"],
  ["tel. 905123456", "tel. [phone]"],
  ["Phone: 2345678901", "Phone: [phone]"],
  ["tlf 12 34 56 78", "tlf [phone]"],
  ["mobil-0905123456", "mobil-[phone]"],
  ["tlf 20 24 11 22", "tlf [phone]"],
  // cards, accounts, national ids
  ["4111 1111 1111 1111", "[card]"],
  ["4111111111111111", "[card]"],
  ["4111-1111-1111-1111 12/27", "[card] 12/27"],
  ["4111 1111 1111 1111 123", "[card] 123"],
  ["card 5555555555554444", "card [card]"],
  ["3782 822463 10005", "[card]"],
  ["6011111111111117", "[card]"],
  ["SK31 1200 0000 1987 4263 7541", "[iban]"],
  ["DE89370400440532013000", "[iban]"],
  ["de89 3704 0044 0532 0130 00 please", "[iban] please"],
  ["GB29 NWBK 6016 1331 9268 19", "[iban]"],
  ["NO9386011117947", "[iban]"],
  ["MT84MALT011000012345MTLCAST001S", "[iban]"],
  ["rodné číslo 845512/1004", "rodné číslo [national-id]"],
  ["PESEL 44051401359", "PESEL [national-id]"],
  ["CPF 529.982.247-25", "CPF [national-id]"],
  // tokens
  [JWT, "[token]"],
  [`Bearer ${JWT}`, "Bearer [token]"],
  [HEX, "[token]"],
  ["d41d8cd98f00b204e9800998ecf8427e.pdf", "[token].pdf"],
  ["key 7Fz2kQ9vLx4Tn8Rb1Wc6Yp3Hs5Jd0Gm", "key [token]"],
];

const LEFT = [
  // numbers of orders, products, lines
  "Order 1234567890",
  "Order #0012345678",
  "order-0905123456",
  "A-1001",
  "SKU-1234567",
  "SKU 1234567890",
  "SKU-0905-123-456",
  "302-1234567-1234567",
  "INV-2026-000123456",
  "114-3941689-8772232",
  "4500012345",
  "RTX4090-24GB-OC",
  "Samsung-QE65Q80CATXXH-4K-2023",
  "B08N5WRWNW",
  "012-345-678",
  "123456789",
  "12345678901234567890",
  "120210000000000000",
  "99990000111122223333",
  "44051401359",
  // trade items and books
  "4006381333931",
  "0012345678905",
  "5901234123457",
  "00012345678905",
  "9780306406157",
  "978-0-306-40615-7",
  "0-306-40615-2",
  "ISBN 0306406152",
  "979-10-90636-07-1",
  // dates and times
  "2026",
  "2025 2026",
  "1999-2026",
  "20261122",
  "2026-11-22",
  "2026-11-22 10:30:15",
  "2026-11-22T10:30:15.123Z",
  "22.11.2026",
  "01.02.2026 10:30",
  "01.02.2026 10",
  "01/02/2026 12",
  "1/2/2026 - 3/4/2026",
  "09:30 - 18:00",
  "08:00 10:15 12:30",
  "1732270215123",
  "mobile_20241122",
  "sms-20241122-sale",
  "whatsapp_202411221030",
  // prices, amounts, measures
  "1 299 000 €",
  "1.299.000,50",
  "1,299,000.99",
  "700 000 000",
  "678 123 456 Kč",
  "€ 678 123 456",
  "+100 000 000",
  "+20 %",
  "0123.456789",
  "3.1415926535",
  "48.1485965,17.1077477",
  "256 512 1024 GB",
  "1920x1080 2560x1440",
  "10-20-30-40",
  "192.168.100.200",
  "v1.22.333.4444",
  // words
  "100% wool",
  "50 % off % today",
  "Two @ signs @ are no address",
  "@doorstep",
  "ida@localhost",
  "スキー（２０２６年）：Ｗｉｎｔｅｒ　Ｓａｌｅ",
  "２０２６－１１－２２",
  "C++20 and C++23",
  "iPhone 15 Pro Max 256 GB",
  "Call of Duty 4",
  "the-very-long-title-of-an-article-about-something-nice-that-happened-in-2026",
  "top-10-things-to-know-before-your-first-winter-on-skis-in-2026",
  "IntroductionToTheProductAndItsManyFeatures",
  "CheckoutStep2PaymentScreenV3Beta",
  "iPhone15ProMax256GBBlackTitanium",
  "Screenshot_2024-11-22-10-15-30-123_com.android.chrome",
  "WhatsApp-Image-2024-11-22-at-10-15-30",
  "/topics/winter",
  "507f1f77bcf86cd799439011",
  // wrong check digits
  "4111 1111 1111 1112",
  "SK31 1200 0000 1987 4263 7542",
  "845512/1005",
  "44051401358",
  "529.982.247-26",
  "",
];

describe("scrubText", () => {
  it("has lists that say something", () => {
    expect(FOUND.length).toBeGreaterThanOrEqual(40);
    expect(LEFT.length).toBeGreaterThanOrEqual(60);
  });
  it.each(FOUND)("finds what is in %j", (text, clean) => {
    expect(scrubText(text)).toEqual({ text: clean, found: "personal_data_in_text" });
  });
  it.each(LEFT)("leaves %j alone", (text) => {
    expect(scrubText(text)).toEqual({ text });
  });
});

const UUID = "0f8fad5b-d9cb-469f-a165-70867728950e";

describe("scrubUrl", () => {
  it.each([
    ["https://ida:secret@s.example/a", "https://s.example/a"],
    ["//ida@s.example", "//s.example"],
    ["https://ida%40example.com/x", "https://[email]/x"],
    ["mailto:ida@example.com", "mailto:[email]"],
    ["mailto:ida@example.com?subject=hi", "mailto:[email]"],
    ["tel:+421905123456", "tel:[phone]"],
    ["tel:0905123456", "tel:[phone]"],
    ["sms:00421905123456", "sms:[phone]"],
    ["tel://0905123456", "tel:[phone]"],
    ["viber:0905123456", "viber:[phone]"],
    ["https://s.example/u/%2B421905123456/x", "https://s.example/u/[phone]/x"],
    ["https://s.example/u/+421%20905%20123%20456", "https://s.example/u/[phone]"],
    ["https://s.example/search/0905123456", "https://s.example/search/[phone]"],
    [`https://s.example/reset/${HEX}`, "https://s.example/reset/[token]"],
    [`https://s.example/app;jsessionid=${HEX.slice(0, 32)}`, "https://s.example/app;jsessionid=[token]"],
    [`https://s.example/verify/${JWT}`, "https://s.example/verify/[token]"],
    [`https://s.example/orders/${UUID}`, "https://s.example/orders/[id]"],
    ["/pay/DE89370400440532013000", "/pay/[iban]"],
    ["https://s.example/caf%C3%A9/ida%2540example.com", "https://s.example/caf%C3%A9/[email]"],
    ["https://s.example/caf%C3%A9%20ida%40example.com", "https://s.example/caf%C3%A9%20[email]"],
    ["https://s.example/a?utm_term=%2B421905123456", "https://s.example/a?utm_term=[phone]"],
    ["https://s.example/a?utm_term=+421+905+123+456", "https://s.example/a?utm_term=[phone]"],
    ["https://s.example/a?utm_term=ida%2Bnews%40example.com", "https://s.example/a?utm_term=[email]"],
    ["https://s.example/a?UTM_Term=ida+berg@example.com", "https://s.example/a?UTM_Term=[email]"],
    ["https://s.example/a?gclid=ida@example.com", "https://s.example/a?gclid=[email]"],
    ["https://s.example/a?gclid=%2B421905123456", "https://s.example/a?gclid=[phone]"],
  ])("finds what is in %s", (url, text) => {
    expect(scrubUrl(url, true)).toEqual({ text, found: "personal_data_in_text" });
  });

  it.each([
    "https://s.example/2026/11/22/first-winter-on-skis",
    "https://s.example/2026/11/22/12345",
    "https://s.example/p/1234567890123",
    "https://s.example/p/SKU-1234567/wool-gloves",
    "https://s.example/products/the-complete-guide-to-touring-skis-and-bindings-2026",
    "https://s.example/p/507f1f77bcf86cd799439011",
    "https://s.example/%D0%B7%D0%B8%D0%BC%D0%B0/100%25%20wool",
    "https://s.example:8443/a",
    "https://203.0.113.77/a",
    "/dp/0306406152",
    "tel:112",
    "android-app://com.google.android.gm/",
    "https://s.example/a?utm_source=news+letter&utm_medium=e-mail&utm_campaign=winter+sale+2026",
    "https://s.example/a?utm_id=120210000000000000&utm_content=a%20b",
    "https://s.example/a?gclid=EAIaIQobChMI8_Pq7fTz6QIVxLTVCh2V5w3sEAAYASAAEgK1nPD_BwE",
    "https://s.example/a?msclkid=d41d8cd98f00b204e9800998ecf8427e&yclid=4111111111111111",
    "https://s.example/a?epik=dj0yJnU9b2JDcFFEekV4SDRfNkZVdUR3S3lnVGRpRnd6bDVKVGkmcD0wJm49VGh4%3D%3D",
    "https://s.example/a?dclid=dj0yJnU9b2JDcFFEekV4SDRfNkZVdUR3S3lnVGRpRnd6bDVKVGkmcD0wJm49VGh4==",
    "https://s.example/a?utm_id=44051401359&utm_campaign=mobile_20241122",
    "https://s.example/p/44051401359",
  ])("leaves %s alone", (url) => {
    expect(scrubUrl(url, true)).toEqual({ text: url });
  });

  it("keeps the parameters that the release lists, scrubbed, whatever case they come in", () => {
    const listed = new Set(["q", "page"]);
    expect(scrubUrl("/s?q=gloves&page=2", false, listed)).toEqual({ text: "/s?q=gloves&page=2" });
    expect(scrubUrl("/s?Q=gloves&token=x", false, listed)).toEqual({
      text: "/s?Q=gloves",
      found: "query_not_allowed",
    });
    expect(scrubUrl("/s?q=ida%40example.com&page=2", false, listed)).toEqual({
      text: "/s?q=[email]&page=2",
      found: "personal_data_in_text",
    });
    expect(scrubUrl("/s?q=0905+123+456", false, listed).text).toBe("/s?q=[phone]");
  });

  it("of a query that the door has cut takes click ids alone", () => {
    const url = "/s?q=gloves&gclid=G1&utm_source=x";
    expect(scrubUrl(url, false, "all")).toEqual({
      text: "/s?q=gloves&utm_source=x",
      found: "query_not_allowed",
    });
    expect(scrubUrl(url, true, "all")).toEqual({ text: url });
  });
});
