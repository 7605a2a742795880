/**
 * The locale among `available` that a reader of `wanted` understands: the same tag, otherwise one with the same
 * language and script (es-MX reads es, zh-SG reads zh-CN, zh-TW does not), otherwise `fallback`, also for an invalid
 * tag.
 */
export function closestLocale<L extends string>(wanted: string, available: readonly L[], fallback: L): L {
  if (!isTag(wanted)) return fallback;
  const { language, script } = new Intl.Locale(wanted).maximize();
  return (
    available.find((tag) => tag === wanted) ??
    available.find((tag) => {
      const candidate = new Intl.Locale(tag).maximize();
      return candidate.language === language && candidate.script === script;
    }) ??
    fallback
  );
}

function isTag(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1;
  } catch {
    return false;
  }
}
