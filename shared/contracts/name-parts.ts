/**
 * Splits a full name: its last word becomes the family name. This guess is wrong for many names, such as those with two
 * family names or with the family name first. Use `displayName` to address a person.
 */
export function nameParts(name: string): { givenName: string; familyName: string; displayName: string } {
  const space = name.lastIndexOf(' ');
  if (space < 0) return { givenName: name, familyName: '', displayName: name };
  return { givenName: name.slice(0, space).trim(), familyName: name.slice(space + 1), displayName: name };
}
