/**
 * The one of `available` that a reader of `wanted` understands: the very tag, else one of the same language in the
 * same script (es-MX reads es, zh-SG reads zh-CN, zh-TW does not), else `fallback`, as for what is no tag at all.
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
