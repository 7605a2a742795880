import { Command, printTable } from 'rollcall/app';
import { scenarios } from './scenarios.ts';
import { openShop } from './shop.ts';
import { differenceOf, rowOf } from './verdict.ts';

new Command('npm run demo --')
  .description('Orders, on a cloud in memory, and what became of them. Exit code 1: not what is expected.')
  .parse();

const shop = await openShop();
try {
  const rows: ReturnType<typeof rowOf>[] = [];
  let isGood = true;
  for (const [name, play] of Object.entries(scenarios)) {
    console.error(`${name} …`);
    await play(shop, async (when, id, expected) => {
      const held = await shop.held(id);
      const wrong = differenceOf(held, expected);
      isGood &&= wrong === undefined;
      rows.push(rowOf(name, when, held, wrong));
    });
  }
  printTable(rows);
  process.exitCode = isGood ? 0 : 1;
} finally {
  await shop.cloud.stop();
}
