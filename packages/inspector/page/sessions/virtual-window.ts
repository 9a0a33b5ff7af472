/** Which rows of a long list are in the document. */
export interface VirtualWindow {
  readonly first: number;
  /** One past the last. */
  readonly end: number;
  /** How far down the first is, px. */
  readonly offset: number;
  /** How high all of them are, px. */
  readonly total: number;
}

/** The rows that are to be seen, and some on either side for whoever scrolls. */
export function virtualWindow(
  count: number,
  rowHeight: number,
  scrollTop: number,
  height: number,
  margin = 8,
): VirtualWindow {
  const first = Math.max(0, Math.min(count, Math.floor(scrollTop / rowHeight)) - margin);
  const end = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + margin);
  return { first: Math.min(first, end), end, offset: Math.min(first, end) * rowHeight, total: count * rowHeight };
}

/** Where to scroll so that a row is to be seen, as little as need be. */
export function scrollToRow(index: number, rowHeight: number, scrollTop: number, height: number): number {
  const top = index * rowHeight;
  if (top < scrollTop) return top;
  return Math.max(scrollTop, top + rowHeight - height);
}
