/** For resources without personal data: caches may store them, and must revalidate. */
export const PUBLIC = { 'cache-control': 'no-cache' };
