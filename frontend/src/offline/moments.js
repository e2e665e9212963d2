// Moments as the files keep them: local time to the second with its offset, « 2026-11-29T08:00:00+01:00 ».

const FORM = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/;
const two = (number) => String(number).padStart(2, "0");

export function momentOf(date) {
  const offset = -date.getTimezoneOffset();
  const sign = offset < 0 ? "-" : "+";
  const size = Math.abs(offset);
  return `${localOf(date)}:${two(date.getSeconds())}${sign}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

export const now = () => momentOf(new Date());

// What a field of date and time shows: « 2026-11-29T08:00 ».
export function localOf(date) {
  const day = `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

// From such a field; null when it is empty or no date. `filled`: the moment that was put in it, which stands while nobody changes
// it: in autumn an hour that clocks show twice names two moments.
export function fromField(value, filled = null) {
  const date = new Date(filled && value === localOf(new Date(filled)) ? filled : value);
  if (!value || Number.isNaN(date.getTime())) return null;
  const moment = momentOf(date);
  return isMoment(moment) ? moment : null;
}

export const instant = (moment) => Date.parse(moment);

export function isMoment(value) {
  if (typeof value !== "string" || !FORM.test(value)) return false;
  const [year, month, day, hour, minute, second] = value.match(/\d+/g).map(Number);
  const [offsetHour, offsetMinute] = value.slice(20).split(":").map(Number);
  const real = new Date(Date.UTC(year, month - 1, day));
  return (
    year >= 1970 && year < 2200 && real.getUTCMonth() === month - 1 && real.getUTCDate() === day &&
    hour < 24 && minute < 60 && second < 60 && offsetHour < 24 && offsetMinute < 60
  );
}

// As the clock showed it where it was written.
export const spoken = (moment) =>
  `${moment.slice(8, 10)}/${moment.slice(5, 7)}/${moment.slice(0, 4)} à ${Number(moment.slice(11, 13))} h ${moment.slice(14, 16)}`;

// « 2026-11-29-0812 », for the name of a file.
export const stamp = (moment) => `${moment.slice(0, 10)}-${moment.slice(11, 13)}${moment.slice(14, 16)}`;

export function lasting(milliseconds) {
  const minutes = Math.floor(Math.abs(milliseconds) / 60_000);
  const hours = Math.floor(minutes / 60);
  return hours ? `${hours} h ${two(minutes % 60)}` : `${minutes} min`;
}
