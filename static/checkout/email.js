// Guesses what an e-mail address that was mistyped was to be. Pure functions; a guess never blocks anything.

// The domains behind most of the world's private addresses.
export const DOMAINS = [
  "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "hotmail.co.uk", "hotmail.fr", "hotmail.it", "live.com",
  "live.co.uk", "msn.com", "yahoo.com", "yahoo.co.in", "yahoo.co.jp", "yahoo.co.uk", "yahoo.com.br", "yahoo.de",
  "yahoo.es", "yahoo.fr", "yahoo.it", "ymail.com", "rocketmail.com", "rediffmail.com", "icloud.com", "me.com",
  "mac.com", "aol.com", "proton.me", "protonmail.com", "gmx.de", "gmx.net", "gmx.at", "gmx.com", "web.de", "t-online.de",
  "freenet.de", "orange.fr", "wanadoo.fr", "free.fr", "laposte.net", "sfr.fr", "libero.it", "virgilio.it", "wp.pl",
  "o2.pl", "onet.pl", "interia.pl", "mail.ru", "yandex.ru", "yandex.com", "bk.ru", "rambler.ru", "qq.com", "163.com",
  "126.com", "sina.com", "naver.com", "daum.net", "uol.com.br", "bol.com.br", "terra.com.br", "zoho.com", "fastmail.com",
  "btinternet.com", "sky.com", "comcast.net", "verizon.net", "att.net", "sbcglobal.net", "ziggo.nl", "kpnmail.nl",
  "mail.com", "email.com", "aim.com", "hey.com", "duck.com", "pm.me", "tutanota.com", "posteo.de", "mailbox.org",
];
// A domain whose name has up to so many letters may differ in one letter, a longer one in two.
const SHORT = 5;
// The same name in another country is no slip, as hotmail.de; these endings are none of a country that has it.
const SLIPS = ["co", "cm", "om", "cn", "ne", "nt"];

/** How many letters have to be put in, taken out, changed or swapped with their neighbour. */
export function distance(one, other) {
  const rows = [Array.from({ length: other.length + 1 }, (_, place) => place)];
  for (let i = 1; i <= one.length; i += 1) {
    rows.push([i]);
    for (let j = 1; j <= other.length; j += 1) {
      const change = rows[i - 1][j - 1] + (one[i - 1] === other[j - 1] ? 0 : 1);
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, change);
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      if (swapped) rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  }
  return rows[one.length][other.length];
}

/** The address that was probably meant, "" where it is likely right as it is. */
export function suggestion(text) {
  const found = /^([^\s@]{1,64})@([a-z0-9.,-]{3,60})$/i.exec(text.trim());
  if (!found) return "";
  const typed = found[2].toLowerCase();
  if (DOMAINS.includes(typed)) return "";
  const [name, ...ending] = typed.split(".");
  const abroad = /^(com?[.])?[a-z]{2}$/.test(ending.join(".")) && !SLIPS.includes(ending.join("."));
  let best = "";
  let least = Infinity;
  for (const domain of DOMAINS) {
    const [meant] = domain.split(".");
    const apart = meant === name && abroad ? Infinity : distance(typed, domain);
    if (apart <= (meant.length > SHORT ? 2 : 1) && apart < least) [best, least] = [domain, apart];
  }
  return best ? `${found[1]}@${best}` : "";
}
