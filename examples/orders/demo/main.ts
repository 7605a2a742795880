import { Command, printTable } from 'rollcall/app';
import { scenarios } from './scenarios.ts';
import { openShop } from './shop.ts';
import { differenceOf, rowOf } from './verdict.ts';

new Command('npm run demo --')
  .description(
    'Places orders on a cloud in memory and compares the results with the expected ones. Exit code 1: a result differs.',
  )
  .parse();

const shop = await openShop();
try {
  const rows: ReturnType<typeof rowOf>[] = [];
  let isAsExpected = true;
  for (const [name, run] of Object.entries(scenarios)) {
    console.error(`${name} …`);
    await run(shop, async (when, id, expected) => {
      const data = await shop.dataOf(id);
      const difference = differenceOf(data, expected);
      isAsExpected &&= difference === undefined;
      rows.push(rowOf(name, when, data, difference));
    });
  }
  printTable(rows);
  process.exitCode = isAsExpected ? 0 : 1;
} finally {
  await shop.cloud.stop();
}
