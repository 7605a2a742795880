/** Shades that can be told apart from each other and from both backgrounds by 3:1 (WCAG 1.4.11). */
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

/** A color for each service, the same one as long as the services are the same. */
export function colorsOf(services: Iterable<string>): ReadonlyMap<string, string> {
  const names = [...new Set(services)].toSorted();
  return new Map(names.map((name, n) => [name, colors[n % colors.length] ?? '#808080']));
}
