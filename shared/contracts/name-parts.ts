/**
 * The parts of a name that was given as one: its last word is the family name. A guess, and wrong for many names (those
 * with two family names, or with the family name first), so whatever addresses a person should use `displayName`.
 */
export function nameParts(name: string): { givenName: string; familyName: string; displayName: string } {
  const space = name.lastIndexOf(' ');
  if (space < 0) return { givenName: name, familyName: '', displayName: name };
  return { givenName: name.slice(0, space).trim(), familyName: name.slice(space + 1), displayName: name };
}
