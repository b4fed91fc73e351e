// SPDX-License-Identifier: Apache-2.0
// Opens a page in headless Chromium at the width of a desktop and of a phone, and fails if it writes
// to the console, asks the network for anything, or is wider than the window. Leaves a picture of each.
//
//   npm install playwright-core && node check-page.mjs PAGE.html FOLDER
//
// CHROMIUM names the browser (default /usr/bin/chromium).
import { chromium } from 'playwright-core';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [page, folder] = process.argv.slice(2);
const address = pathToFileURL(path.resolve(page)).href;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const faults = [];
for (const [name, width, height] of [['desktop', 1280, 900], ['phone', 390, 844]]) {
  const tab = await browser.newPage({ viewport: { width, height } });
  tab.on('console', (message) => faults.push(`${name}: console: ${message.text()}`));
  tab.on('pageerror', (error) => faults.push(`${name}: ${error.message}`));
  tab.on('request', (request) => {
    if (request.url() !== address && !request.url().startsWith('data:')) {
      faults.push(`${name}: asks for ${request.url()}`);
    }
  });
  await tab.goto(address);
  const found = await tab.evaluate(() => ({
    wide: document.documentElement.scrollWidth,
    plots: [...document.querySelectorAll('svg, img, canvas')].map((plot) => plot.getBoundingClientRect().height),
  }));
  if (found.wide > width) {
    faults.push(`${name}: ${found.wide} pixels wide`);
  }
  if (found.plots.length === 0 || found.plots.some((tall) => tall < 10)) {
    faults.push(`${name}: a plot is missing or flat`);
  }
  await tab.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
  console.log(`${name}: ${found.wide} of ${width} pixels wide, ${found.plots.length} plots`);
}
await browser.close();
faults.forEach((fault) => console.error(fault));
process.exitCode = faults.length === 0 ? 0 : 1;
