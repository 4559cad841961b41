// What a page looks like, measured in the page. Every function returns a list of sentences about what is wrong.
const looks = (() => {
  const seen = (element) =>
    element.checkVisibility({ visibilityProperty: true }) &&
    [...element.getClientRects()].some((box) => box.width > 1 && box.height > 1)
    // What is put beside the screen until it has the focus.
    && element.getBoundingClientRect().right > 0 && element.getBoundingClientRect().left < innerWidth;
  const words = (element) => element.innerText.replace(/\s+/g, " ").trim();
  const named = (element) => `<${element.localName}> "${(words(element) || element.name || "").slice(0, 50)}"`;
  const all = (css) => [...document.querySelectorAll(css)].filter(seen);

  // A link within a sentence may be as high as its line.
  const inSentence = (link) =>
    getComputedStyle(link).display === "inline" && words(link.parentElement) !== words(link);

  const box = (element) => {
    const boxes = [pressed(element), ...(element.labels || [])].map((one) => one.getBoundingClientRect());
    const tickable = element.matches("input[type=checkbox], input[type=radio]");
    const used = tickable ? boxes : boxes.slice(0, 1);
    return {
      width: Math.max(...used.map((one) => one.right)) - Math.min(...used.map((one) => one.left)),
      height: Math.max(...used.map((one) => one.bottom)) - Math.min(...used.map((one) => one.top)),
    };
  };

  const targets = (least) =>
    all("a[href], button, input:not([type=hidden]), select, textarea, summary")
      .filter((element) => !(element.localName === "a" && inSentence(element)))
      .map((element) => [element, box(element)])
      .filter(([, size]) => size.width < least - 0.5 || size.height < least - 0.5)
      .map(([element, size]) => `${named(element)} is ${size.width.toFixed(0)} by ${size.height.toFixed(0)}`);

  // Where a link is the whole row of a list, it is as high as that.
  const pressed = (element) =>
    getComputedStyle(element, "::after").position === "absolute" ? element.closest("li") : element;
  // The corners of a button are round, and not its own.
  const ROUND = 6;
  // What has its button or link in a row of a list: pressed at its edges, it is that which is pressed.
  const rows = () =>
    all("main li a[href], main li button")
      .filter((element) => !(element.localName === "a" && inSentence(element)))
      .map((element) => {
        element.scrollIntoView({ block: "center" });
        return [element, coveredBy(element, ROUND)];
      })
      .filter(([, over]) => over)
      .map(([element, over]) => `${named(element)} lies under ${over}`);

  // A label that is wider than its column runs into the next.
  const spilt = () =>
    all(".chip")
      .filter((one) => one.getBoundingClientRect().right > one.parentElement.getBoundingClientRect().right + 0.5)
      .map((one) => `${named(one)} runs out of its column`);

  const overflow = () => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const beyond = [...document.querySelectorAll("body *")]
      .filter((one) => one.checkVisibility())
      .filter((one) => one.getBoundingClientRect().right > root.clientWidth + 0.5 || one.getBoundingClientRect().left < -0.5);
    return [`${root.scrollWidth} wide on ${root.clientWidth}: ${beyond.slice(0, 3).map(named).join(", ")}`];
  };

  const parsed = (color) => {
    const [red, green, blue, alpha = 1] = color.match(/[\d.]+/g).map(Number);
    return { red, green, blue, alpha };
  };
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = parsed(getComputedStyle(one).backgroundColor);
      if (color.alpha === 1) return color;
      if (color.alpha > 0) throw new Error(`a ground that is half transparent: ${named(one)}`);
    }
    // What the browser puts below: white, or its own dark.
    return matchMedia("(prefers-color-scheme: dark)").matches ? parsed("rgb(18, 18, 18)") : parsed("rgb(255, 255, 255)");
  };
  const luminance = ({ red, green, blue }) => {
    const [r, g, b] = [red, green, blue]
      .map((one) => one / 255)
      .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const contrast = (least, leastLarge) => {
    const wrong = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (!walker.currentNode.data.trim() || !seen(element)) continue;
      const style = getComputedStyle(element);
      const size = parseFloat(style.fontSize);
      const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      const found = ratio(parsed(style.color), ground(element));
      if (found < (large ? leastLarge : least)) wrong.add(`${named(element)} has ${found.toFixed(1)}:1`);
    }
    return [...wrong];
  };

  // What lies over an element, at nine places of its first line that are on the screen; nothing, if nothing does.
  const coveredBy = (element, corner = 0) => {
    const { left, right, top, bottom } = element.getClientRects()[0];
    for (const x of [left + 2 + corner, (left + right) / 2, right - 2 - corner])
      for (const y of [top + 1, (top + bottom) / 2, bottom - 1]) {
        const hit = document.elementFromPoint(x, y);
        if (hit && !element.contains(hit) && !hit.contains(element)) return named(hit);
      }
    return "";
  };

  // Where the focus is now: its place among all elements, how it is shown, and what has it.
  const focus = () => {
    const element = document.activeElement;
    const style = getComputedStyle(element);
    const where = element.getBoundingClientRect();
    return {
      place: [...document.querySelectorAll("*")].indexOf(element),
      what: named(element),
      tag: element.localName,
      href: element.getAttribute("href") || "",
      id: element.id,
      // "auto" is the browser's own ring, of two colours.
      shown: style.outlineStyle === "auto" || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2),
      height: where.height,
      top: where.top + scrollY,
      bottom: where.bottom + scrollY,
      left: where.left,
      right: where.right,
      covered: coveredBy(element),
      onScreen: where.right > 0 && where.left < innerWidth && where.bottom > 0 && where.top < innerHeight,
    };
  };

  // The places of all that Tab should come to; of radio buttons with one name only the chosen one.
  const stops = () =>
    [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
      .filter((one) => one.checkVisibility({ visibilityProperty: true }) && one.getClientRects().length > 0)
      .filter((one) => one.type !== "radio" || one.checked)
      .map((one) => [...document.querySelectorAll("*")].indexOf(one));

  const labels = () =>
    all("input:not([type=hidden]), select, textarea").map((one) => [...one.labels].map(words).join(" "));
  // Also those that are beside the screen until they have the focus.
  const buttons = () => [...document.querySelectorAll("button, summary, a[href]")].map(words);
  // Puts the place from which Tab goes on to the top, wherever the page has put the focus.
  const toTheTop = () => {
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
    scrollTo(0, 0);
  };

  // Whether the one band with the way out stands at the top of the screen and leaves most of it to the page.
  const wayOut = () => {
    const boxes = [...document.querySelectorAll(".band")].map((one) => one.getBoundingClientRect());
    return boxes.length === 1 && boxes[0].top >= -0.5 && boxes[0].bottom > 0 && boxes[0].bottom < innerHeight / 4;
  };

  return { wayOut, toTheTop, targets, rows, spilt, overflow, contrast, focus, stops, labels, buttons, ratio, parsed };
})();
