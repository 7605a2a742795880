/**
 * Returns the available locale that fits `wanted` best: the same tag, otherwise a tag with the same language and
 * script, otherwise `fallback`. For example, es-MX gets es, and zh-SG gets zh-CN. zh-TW does not get zh-CN, because it
 * has a different script. An invalid tag gets `fallback`.
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
