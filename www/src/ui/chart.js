// Candles, volume, own trades and the levels of open positions. Loaded only by the Charts page: the library is most of
// the dashboard's bytes. It knows no time zones, so times are moved to IST before it sees them; its logo would break the
// strict CSP, so the notice is on the About page instead.

import { CandlestickSeries, ColorType, createChart, createSeriesMarkers, CrosshairMode, HistogramSeries, LineStyle } from "lightweight-charts";

import { price } from "../lib/fmt.js";

const IST_S = 19800;

const at = (stamp) => Math.floor(Date.parse(stamp) / 1000) + IST_S;
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function options() {
	return {
		autoSize: true,
		layout: { attributionLogo: false, background: { type: ColorType.Solid, color: css("--card") }, textColor: css("--muted"), fontFamily: "system-ui, sans-serif", fontSize: 11 },
		grid: { vertLines: { color: css("--grid") }, horzLines: { color: css("--grid") } },
		crosshair: { mode: CrosshairMode.Normal },
		rightPriceScale: { borderColor: css("--line") },
		timeScale: { borderColor: css("--line"), timeVisible: true, secondsVisible: false, rightOffset: 4 },
		localization: { locale: "en-IN", priceFormatter: (p) => price(p.toFixed(2)) },
	};
}

function bars(data) {
	const all = data.forming ? [...data.items, data.forming] : data.items;
	return all.filter((b) => b.o !== null).map((b) => ({ time: at(b.at), open: Number(b.o), high: Number(b.h), low: Number(b.l), close: Number(b.c), value: b.v }));
}

/** A marker belongs to the bar its trade fell in. */
function markers(data, drawn) {
	return data.trades.map((t) => {
		const when = at(t.at);
		const bar = drawn.findLast((b) => b.time <= when);
		const buy = t.side === "buy";
		return bar && { time: bar.time, position: buy ? "belowBar" : "aboveBar", shape: buy ? "arrowUp" : "arrowDown", color: css(buy ? "--buy" : "--sell"),
			text: `${buy ? "B" : "S"} ${/(CE|PE)$/.exec(t.symbol)?.[1] ?? ""}`.trim(), size: 1 };
	}).filter(Boolean).sort((a, b) => a.time - b.time);
}

export function openChart(host) {
	const chart = createChart(host, options());
	const candles = chart.addSeries(CandlestickSeries, {});
	const volume = chart.addSeries(HistogramSeries, { priceScaleId: "volume", priceFormat: { type: "volume" }, lastValueVisible: false, priceLineVisible: false });
	chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
	const marks = createSeriesMarkers(candles, []);
	let lines = [];
	let fitted = null;

	function paint() {
		chart.applyOptions(options());
		candles.applyOptions({ upColor: css("--pos"), downColor: css("--neg"), borderVisible: false, wickUpColor: css("--pos"), wickDownColor: css("--neg") });
		volume.applyOptions({ color: css("--line") });
	}

	/** levels: [{ price, title, kind }] */
	function draw(data, levels) {
		const drawn = bars(data);
		candles.setData(drawn.map(({ value, ...bar }) => bar));
		chart.priceScale("right").applyOptions({ scaleMargins: { top: 0.08, bottom: drawn.some((b) => b.value > 0) ? 0.22 : 0.08 } });
		volume.setData(drawn.filter((b) => b.value > 0).map((b) => ({ time: b.time, value: b.value })));
		marks.setMarkers(markers(data, drawn));
		lines.forEach((line) => candles.removePriceLine(line));
		lines = levels.map((l) => candles.createPriceLine({ price: Number(l.price), title: l.title, color: css(l.kind === "stop" ? "--neg" : "--muted"), lineStyle: LineStyle.Dashed, lineWidth: 1 }));
		const identity = `${data.symbol}/${data.interval}`;
		if (identity !== fitted && drawn.length) {
			chart.timeScale().setVisibleLogicalRange({ from: Math.max(0, drawn.length - 150), to: drawn.length + 4 });
			fitted = identity;
		}
	}

	paint();
	return { draw, paint, close: () => chart.remove() };
}
