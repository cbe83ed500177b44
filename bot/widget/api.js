// The chat API: sends, bounds what comes back, says precisely what failed. Knows no element and keeps nothing.

const MOST_SECONDS = 20; // the server itself gives up far earlier
const LARGEST = 200_000; // characters; a longer answer is none of ours

/**
 * The JSON of an answer; undefined where it has no body.
 *
 * Throws an error with the `status`, 0 when no answer came, and the `seconds` to wait, if the server said.
 */
export async function request(server, method, path, body) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), MOST_SECONDS * 1000);
  let [status, seconds] = [0, 0];
  try {
    const response = await fetch(new URL(`api/v1/${path}`, server), {
      method, signal: abort.signal, credentials: "omit", referrerPolicy: "no-referrer",
      ...(body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.ok && text.length < LARGEST) return text ? JSON.parse(text) : undefined;
    status = response.ok ? 0 : response.status;
    seconds = parseInt(response.headers.get("retry-after")) || 0;
  } catch {
    // no answer, or none that can be read
  } finally {
    clearTimeout(timer);
  }
  throw Object.assign(new Error("request failed"), { status, seconds });
}
