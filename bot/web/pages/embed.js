// The page on which a clinic tries its widget: colors, their contrast, and the tag to paste.

const LEAST_CONTRAST = 4.5; // as bot/clinics/colours.py asks

const page = document.querySelector("main");
const accent = document.getElementById("accent");
const onAccent = document.getElementById("on-accent");
const contrastLine = document.getElementById("contrast");

const widgetAddress = new URL("widget.js", document.baseURI).href;

function luminance(color) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const channel = parseInt(color.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [darker, lighter] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

function show() {
  const ratio = contrast(accent.value, onAccent.value);
  const enough = ratio >= LEAST_CONTRAST;
  // Rounded down: 4.49 must not read as the 4.5 that is asked.
  const shown = (Math.floor(ratio * 100) / 100).toFixed(2);
  contrastLine.textContent = enough
    ? `Contrast ${shown} to 1: enough.`
    : `Contrast ${shown} to 1: too little. At least ${LEAST_CONTRAST} to 1 is needed, so take a lighter or a darker color.`;
  contrastLine.toggleAttribute("data-fails", !enough);
  const sample = document.getElementById("sample");
  sample.style.setProperty("--sample-accent", accent.value);
  sample.style.setProperty("--sample-on-accent", onAccent.value);
  document.getElementById("settings").textContent =
    `colours:\n  accent: "${accent.value}"\n  on_accent: "${onAccent.value}"`;
  document.querySelector('[data-copies="settings"]').disabled = !enough;
  // With its colors in the tag the button has them before anything is asked of the server.
  document.getElementById("tag").textContent =
    `<script type="module" src="${widgetAddress}" data-clinic="${page.dataset.clinic}" ` +
    `data-colours="${accent.value} ${onAccent.value}"></` + "script>";
  paintWidget();
}

// Only what was picked by hand is set, so that the widget shows the file's own colors until then.
function paintWidget() {
  const picked = accent.value !== page.dataset.accent || onAccent.value !== page.dataset.onAccent;
  for (const widget of document.querySelectorAll("footnote-chat")) {
    for (const [name, value] of [["--footnote-accent", accent.value], ["--footnote-on-accent", onAccent.value]]) {
      if (picked) widget.style.setProperty(name, value);
      else widget.style.removeProperty(name);
    }
  }
}

async function copy(from) {
  const box = document.getElementById(from);
  const status = document.getElementById("copied");
  try {
    await navigator.clipboard.writeText(box.textContent);
    status.textContent = "Copied.";
  } catch {
    // No clipboard without https, or none allowed: what is marked can be copied by hand.
    getSelection().selectAllChildren(box);
    status.textContent = "The text is marked. Copy it with Ctrl+C or ⌘C.";
  }
}

document.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault(); // our pages may send no forms
  location.search = new URLSearchParams({ clinic: document.getElementById("clinic").value.trim() });
});
for (const input of [accent, onAccent]) input.addEventListener("input", show);
for (const button of document.querySelectorAll("[data-copies]")) {
  button.addEventListener("click", () => copy(button.dataset.copies));
}
show();
// The widget's element may come after this script, whenever its own has loaded.
new MutationObserver(paintWidget).observe(document.documentElement, { childList: true, subtree: true });
