// What the script knows of cards: brand, grouping, check digit and date. Pure functions; the brands
// come from the server's own table (payments/charging/card_ranges.py), so both sides always agree.

export const digitsOf = (text) => text.replace(/[\s-]/g, "");
export const onlyDigits = (text) => /^[0-9]+$/.test(text);

const read = new WeakMap();

/** The ranges of all brands as { low, high, brand }, the longest prefix first; among equals the table's order. */
function rangesOf(brands) {
  if (!read.has(brands)) {
    const ranges = brands.flatMap((brand) => brand.ranges.split(" ").map((words) => {
      const [low, high = low] = words.split("-");
      return { low, high, brand };
    }));
    read.set(brands, ranges.sort((one, other) => other.low.length - one.low.length));
  }
  return read.get(brands);
}

/** The scheme that owns the leading digits, taken or not. While one types, one that is not taken is not named as
    long as a longer prefix may fit: a single 6 may become anything. */
export function schemeOf(digits, brands) {
  const ranges = rangesOf(brands);
  const within = (head, { low, high }) => head >= low.slice(0, head.length) && head <= high.slice(0, head.length);
  const found = ranges.find((range) => digits.length >= range.low.length && within(digits.slice(0, range.low.length), range));
  if (!found) return null;
  const open = ranges.some((range) => range.low.length > digits.length && within(digits, range));
  return found.brand.taken || !open ? found.brand : null;
}

/** The scheme, where a card of it can pay. */
export function brandOf(digits, brands) {
  const scheme = schemeOf(digits, brands);
  return scheme && scheme.taken ? scheme : null;
}

/** Whether free text carries what looks like a whole card number. */
export function hidesCardNumber(text) {
  const runs = text.match(/[0-9](?:[ -]?[0-9]){12,18}/g) || [];
  return runs.some((run) => passesLuhn(digitsOf(run)));
}

export function passesLuhn(digits) {
  const value = (digit, place) => {
    const doubled = Number(digit) * (1 + (place % 2));
    return doubled > 9 ? doubled - 9 : doubled;
  };
  return [...digits].reverse().reduce((sum, digit, place) => sum + value(digit, place), 0) % 10 === 0;
}

/** Group digits as the brand embosses them; what outgrows the pattern goes by fours. */
export function groupNumber(digits, brand) {
  const room = brand ? Math.max(...brand.lengths) : 19;
  const kept = digits.slice(0, room);
  const usual = brand ? brand.groups : [4, 4, 4, 4, 3];
  const fits = kept.length <= usual.reduce((sum, size) => sum + size, 0);
  const groups = fits ? usual : [4, 4, 4, 4, 4];
  const parts = [];
  let start = 0;
  for (const size of groups) {
    if (start < kept.length) parts.push(kept.slice(start, start + size));
    start += size;
  }
  return parts.join(" ");
}

/** Write a date as MM / YY while it is typed: "4" becomes "04 / ", "1/" becomes "01 / ". */
export function formatExpiry(text, deleting) {
  let digits = text.replace(/[^0-9]/g, "");
  if (/^\s*[0-9]\s*[/.-]/.test(text) || /^[2-9]/.test(digits)) digits = `0${digits}`;
  digits = digits.slice(0, 6);
  if (digits.length < 2 || (digits.length === 2 && deleting)) return digits;
  return `${digits.slice(0, 2)} / ${digits.slice(2)}`;
}

const LONGEST = 19;
const HORIZON_YEARS = 50;

export function numberProblem(text, brands, messages) {
  const digits = digitsOf(text);
  if (!text) return messages.number_missing;
  if (!onlyDigits(digits) || digits.length > LONGEST) return messages.number_invalid;
  const brand = brandOf(digits, brands);
  if (!brand) return digits.length < 4 ? messages.number_incomplete : messages.number_unsupported;
  if (digits.length < Math.min(...brand.lengths)) return messages.number_incomplete;
  return brand.lengths.includes(digits.length) && passesLuhn(digits) ? "" : messages.number_invalid;
}

/** `today` is a day in UTC; a card is good until the end of its month. */
export function expiryProblem(text, today, messages) {
  if (!text) return messages.expiry_missing;
  const found = /^([0-9]{1,2})\s*[/.\s-]\s*([0-9]{2}|[0-9]{4})$/.exec(text) || /^([0-9]{2})([0-9]{2}|[0-9]{4})$/.exec(text);
  if (!found) return messages.expiry_incomplete;
  const month = Number(found[1]);
  const year = Number(found[2]) + (found[2].length === 2 ? 2000 : 0);
  if (month < 1 || month > 12) return messages.expiry_month;
  if (year > today.getUTCFullYear() + HORIZON_YEARS) return messages.expiry_year;
  const past = year * 12 + month < today.getUTCFullYear() * 12 + today.getUTCMonth() + 1;
  return past ? messages.expiry_past : "";
}

export function cvcProblem(text, brand, messages) {
  if (!text) return messages.cvc_missing;
  if (!onlyDigits(text)) return messages.cvc_invalid;
  const wanted = brand ? [brand.cvc_length] : [3, 4];
  if (text.length < Math.min(...wanted)) return messages.cvc_incomplete;
  return wanted.includes(text.length) ? "" : messages.cvc_invalid;
}
