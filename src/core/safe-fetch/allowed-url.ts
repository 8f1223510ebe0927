import { refusedUrl } from './safe-fetch-error.ts';

/**
 * The parsed URL: http or https, no credentials, and a port that serves web pages.
 * Errors: SafeFetchError URL_NOT_ALLOWED.
 */
export function allowedUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (!url) throw refusedUrl('The URL is not valid.');
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw refusedUrl('Only http and https URLs are fetched.');
  if (url.username !== '' || url.password !== '')
    throw refusedUrl('A URL with a user name or password is not fetched.');
  const port = url.port === '' ? null : Number(url.port);
  if (port !== null && !isAllowedPort(port)) throw refusedUrl(`Port ${port} is not fetched.`);
  return url;
}

function isAllowedPort(port: number): boolean {
  return port === 80 || port === 443 || (port >= FIRST_UNPRIVILEGED_PORT && !INTERNAL_SERVICES.has(port));
}

const FIRST_UNPRIVILEGED_PORT = 1_024;
/** Databases, queues, caches, remote desktops and control planes, which do not serve web pages. */
const INTERNAL_SERVICES: ReadonlySet<number> = new Set([
  1433, 1521, 1883, 2049, 2181, 2375, 2376, 2379, 2380, 3306, 3389, 4369, 5432, 5433, 5601, 5672, 5900, 5984,
  5985, 5986, 6379, 6380, 6443, 7000, 7001, 7474, 7687, 8086, 8200, 8300, 8500, 8529, 9042, 9092, 9093, 9160,
  9200, 9300, 10250, 10255, 11211, 15672, 16379, 26257, 26379, 27017, 27018, 27019, 28015, 50000, 50070,
]);
