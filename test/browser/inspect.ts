/**
 * Looks at the page that it is called in, as text that a browser evaluates: what is too wide, too small, or too pale. Contrast is
 * computed from what the browser computed, and sizes from where it drew.
 */
export const INSPECT = `(() => {
	const parse = (colour) => {
		const parts = colour.match(/[\\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
		return parts.length < 4 ? [...parts, 1] : parts;
	};
	const luminance = ([r, g, b]) => {
		const [red, green, blue] = [r, g, b].map((part) => {
			const c = part / 255;
			return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
		});
		return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
	};
	const contrast = (a, b) => {
		const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
		return (high + 0.05) / (low + 0.05);
	};
	const behind = (element) => {
		for (let at = element; at; at = at.parentElement) {
			const colour = parse(getComputedStyle(at).backgroundColor);
			if (colour[3] > 0) {
				return colour;
			}
		}
		return [255, 255, 255, 1];
	};
	const name = (element) => element.tagName + ' ' + (element.getAttribute('class') ?? '') + ' ' + (element.textContent ?? '').trim().slice(0, 40);
	const width = document.documentElement.clientWidth;
	const isHidden = (element) => element.closest('thead') && getComputedStyle(element.closest('thead')).position === 'absolute';
	const all = [...document.body.querySelectorAll('*')].filter((element) => !isHidden(element));
	const withText = all.filter((element) =>
		element.tagName !== 'title' &&
		[...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== ''));
	const wide = all.filter((element) => {
		const { left, right } = element.getBoundingClientRect();
		return right > width + 0.5 || left < -0.5;
	});
	const small = withText.map((element) => {
		const scale = element.ownerSVGElement ? element.getScreenCTM().a : 1;
		return [name(element), parseFloat(getComputedStyle(element).fontSize) * scale];
	}).filter(([, size]) => size < 11.5);
	const pale = withText.map((element) => {
		const style = getComputedStyle(element);
		const colour = parse(element.ownerSVGElement ? style.fill : style.color);
		return [name(element), contrast(colour, behind(element))];
	}).filter(([, ratio]) => ratio < 4.5);
	const faint = [...document.querySelectorAll('path.line, circle.dot, line.marker')].map((element) =>
		[name(element), contrast(parse(getComputedStyle(element).stroke), behind(element))])
		.concat([...document.querySelectorAll('i.key')].map((element) =>
			[name(element), contrast(parse(getComputedStyle(element).backgroundColor), behind(element.parentElement))]))
		.filter(([, ratio]) => ratio < 3);
	const svgs = [...document.querySelectorAll('svg')];
	const overlapping = svgs.flatMap((svg) => {
		const boxes = [...svg.querySelectorAll('text')].map((text) => [text.textContent, text.getBoundingClientRect()]);
		return boxes.flatMap(([a, first], i) => boxes.slice(i + 1)
			.filter(([, second]) => first.left < second.right - 1 && second.left < first.right - 1 && first.top < second.bottom - 3 && second.top < first.bottom - 3)
			.map(([b]) => a + ' / ' + b));
	});
	const clipped = svgs.flatMap((svg) => {
		const frame = svg.getBoundingClientRect();
		return [...svg.querySelectorAll('text')].filter((text) => {
			const { left, right, top, bottom } = text.getBoundingClientRect();
			return left < frame.left - 1 || right > frame.right + 1 || top < frame.top - 4 || bottom > frame.bottom + 4;
		}).map((text) => text.textContent);
	});
	return {
		clipped,
		scrolls: document.documentElement.scrollWidth > width,
		wide: wide.map(name), small, pale, faint, overlapping,
		charts: svgs.length,
		unnamed: svgs.filter((svg) => svg.getAttribute('role') !== 'img' || (svg.getAttribute('aria-label') ?? '').length < 40).length
			+ [...document.querySelectorAll('table')].filter((table) => !table.caption || !table.querySelector('th[scope=row]')).length,
		lines: document.querySelectorAll('path.line').length,
		texts: withText.length,
		requests: performance.getEntriesByType('resource').map((entry) => entry.name),
	};
})()`;

export interface Inspection {
	readonly clipped: string[];
	readonly scrolls: boolean;
	readonly wide: string[];
	readonly small: Array<[string, number]>;
	readonly pale: Array<[string, number]>;
	readonly faint: Array<[string, number]>;
	readonly overlapping: string[];
	readonly charts: number;
	readonly unnamed: number;
	readonly lines: number;
	readonly texts: number;
	readonly requests: string[];
}
