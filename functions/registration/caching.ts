/** For resources without personal data: caches may store them, but must revalidate them. */
export const PUBLIC = { 'cache-control': 'no-cache' };
