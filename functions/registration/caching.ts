/** Of what is about nobody: caches may keep it, and ask whether it is still so. */
export const PUBLIC = { 'cache-control': 'no-cache' };
