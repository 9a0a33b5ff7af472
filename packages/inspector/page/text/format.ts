/** The most digits of a whole number that a column has room for. */
const exactBelow = 100_000;
const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** Three significant digits, without zeros at the end. */
function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? trimmed(value.toFixed(1)) : trimmed(value.toFixed(2));
}

function trimmed(text: string): string {
  return text.replace(/\.?0+$/, '');
}

function scaled(value: number, units: readonly string[], step: number, gap: string): string {
  let rest = value;
  let index = 0;
  // 999.6 would be written as 1000 of the smaller unit.
  while (rest >= step - 0.5 && index < units.length - 1) {
    rest /= step;
    index += 1;
  }
  return `${short(rest)}${gap}${units[index] ?? ''}`;
}

/** `1,234`, `123k`, `1.23M`. */
export function formatCount(value: number): string {
  return value < exactBelow ? grouped.format(value) : scaled(value, ['', 'k', 'M', 'G', 'T'], 1000, '');
}

/** Every digit: `1,234,567`. */
export function formatExact(value: number): string {
  return grouped.format(value);
}

/** `0 B`, `1.23 kB`, `45.6 MB`. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, ['B', 'kB', 'MB', 'GB', 'TB'], 1000, ' ');
}

/** What happens in a second: `0`, `0.4`, `12`, `1.2k`. */
export function formatRate(value: number): string {
  return value > 0 && value < 0.01 ? '<0.01' : scaled(value, ['', 'k', 'M', 'G'], 1000, '');
}

/** `0.35 ms`, `12 ms`, `1.2 s`. */
export function formatMilliseconds(ms: number): string {
  return ms < 1000 ? `${short(ms)} ms` : `${short(ms / 1000)} s`;
}

/** `25 %` of a core. */
export function formatPercent(share: number): string {
  return `${short(share * 100)} %`;
}

const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** How long something has been there: `4s`, `3m 04s`, `2h 05m`, `3d 04h`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${twoDigits(seconds % 60)}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h ${twoDigits(minutes % 60)}m`;
  return `${Math.floor(hours / 24)}d ${twoDigits(hours % 24)}h`;
}

/** The time of day here: `14:03:22`. */
export function formatTime(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':');
}

/** The same to the millisecond: `14:03:22.071`. */
export function formatExactTime(at: number): string {
  return `${formatTime(at)}.${String(Math.floor(at % 1000)).padStart(3, '0')}`;
}
