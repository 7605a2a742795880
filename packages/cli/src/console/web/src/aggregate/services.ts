/** Colors with a contrast of at least 3:1 to the light and to the dark background (WCAG 1.4.11). */
const colors = [
  '#3b82c4',
  '#b8741a',
  '#2f9461',
  '#9b5fc7',
  '#c2557f',
  '#4a8f99',
  '#8a7d2b',
  '#7a6ff0',
  '#a8623f',
  '#5b8a3a',
];

/** Assigns a color to each service. The colors are stable while the list of services is unchanged. */
export function colorsOf(services: Iterable<string>): ReadonlyMap<string, string> {
  const names = [...new Set(services)].toSorted();
  return new Map(names.map((name, n) => [name, colors[n % colors.length] ?? '#808080']));
}
