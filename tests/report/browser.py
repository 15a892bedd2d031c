"""Opens a local HTML file in Debian's chromium, without a window, and looks at it as a
reader does: what it loads, what it prints to the console, its contrast and its keys."""

import json
import pathlib
import shutil
import sys

CHROMIUM = "/usr/bin/chromium"
DRIVER = "/usr/bin/chromedriver"

# Contrast of text with what is behind it, WCAG 2.2, "contrast ratio".
CONTRAST = """
const parse = (text) => text.match(/[\\d.]+/g).map(Number);
const luminance = ([r, g, b]) => {
  const part = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
};
const behind = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const colour = parse(getComputedStyle(at).backgroundColor);
    if (colour.length === 3 || colour[3] === 1) return colour;
  }
  return [255, 255, 255];
};
const found = [];
for (const element of document.querySelectorAll(arguments[0])) {
  const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  if (!own || !element.checkVisibility() || element.matches(".unseen, .unseen *, .skip")) continue;
  const style = getComputedStyle(element);
  const svg = element.closest("svg");
  const ink = parse(svg ? style.fill : style.color);
  const paper = svg ? parse(getComputedStyle(svg.querySelector("rect")).fill) : behind(element);
  if (svg && element.hasAttribute("style")) continue;
  const [low, high] = [luminance(ink), luminance(paper)].sort((a, b) => a - b);
  found.push([(high + 0.05) / (low + 0.05), element.textContent.slice(0, 40)]);
}
return found;
"""

FOCUSED = """
const element = document.activeElement;
const style = getComputedStyle(element);
const box = element.getBoundingClientRect();
return {
  name: element.tagName.toLowerCase(),
  label: (element.getAttribute("aria-label") || element.textContent || "").trim(),
  href: element.getAttribute("href"),
  outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0,
  visible: box.width > 0 && box.height > 0,
};
"""


def is_missing():
    """Why there is no browser, or nothing."""
    for file in (CHROMIUM, DRIVER):
        if not shutil.which(file):
            return f"{file} is missing; scripts/setup installs it where the distribution has it"
    return ""


class Browser:
    """A window of 1200 x 1000 pixels. Use as a context manager."""

    def __enter__(self):
        # Only now: a machine without the browser need not have the package.
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for argument in (
                "headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage",
                "window-size=1200,1000"):
            options.add_argument("--" + argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(DRIVER))
        return self

    def __exit__(self, *_):
        self.driver.quit()

    def emulate(self, scheme):
        """`scheme`: light or dark."""
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {"features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def resize(self, width, height=1000):
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def open(self, file):
        self.url = pathlib.Path(file).resolve().as_uri()
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        self.driver.get(self.url)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def console(self):
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self):
        """Addresses that the page asked for, itself and data: left out."""
        urls = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                urls.append(message["params"]["request"]["url"])
        assert self.url in urls, urls
        return [url for url in urls if url != self.url and not url.startswith("data:")]

    def press(self, key):
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.driver).send_keys(key).perform()

    def focused(self):
        return self.run(FOCUSED)

    def contrasts(self, selector):
        return self.run(CONTRAST, selector)


def check_quiet(browser):
    """Nothing is loaded, and the console stays empty."""
    requests = browser.requests()
    assert not requests, requests
    console = browser.console()
    assert not console, console


def check_schemes(browser, selector="body *"):
    """Text has a contrast of at least 4.5 in light and in dark, and the two differ."""
    papers = []
    for scheme in ("light", "dark"):
        browser.emulate(scheme)
        papers.append(browser.run("return getComputedStyle(document.body).backgroundColor"))
        contrasts = browser.contrasts(selector)
        assert contrasts, selector
        low = [found for found in contrasts if found[0] < 4.5]
        assert not low, (scheme, sorted(low)[:5])
    assert papers[0] != papers[1], papers
    browser.emulate("light")


def check_keyboard(browser):
    """Tab reaches every control, each is seen, and Enter works. Returns the controls."""
    from selenium.webdriver.common.keys import Keys

    browser.run("document.activeElement.blur(); window.scrollTo(0, 0)")
    total = browser.run(
        "return [...document.querySelectorAll('a[href], button, summary, [tabindex=\"0\"]')]"
        ".filter((e) => e.checkVisibility() && !e.hidden).length")
    reached = []
    for _ in range(total):
        browser.press(Keys.TAB)
        control = browser.focused()
        assert control["name"] != "body", (len(reached), total, reached[-1:])
        assert control["outline"] and control["visible"] and control["label"], control
        reached.append(control)
    browser.press(Keys.TAB)
    assert len(reached) == total
    first = reached[0]
    assert first["name"] == "a" and first["href"] == "#main", first
    return reached


def check_narrow(browser):
    """On a telephone nothing but boxes that scroll is wider than the window."""
    browser.resize(360)
    wide = browser.run("return document.documentElement.scrollWidth")
    assert wide <= 360, wide
    browser.resize(1200)


def main_of(check):
    """Runs `check(*arguments)`; exit code 77 (skipped) without a browser."""
    reason = is_missing()
    if reason:
        print("skipped: " + reason)
        sys.exit(77)
    check(*sys.argv[1:])
