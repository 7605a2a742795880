import { registerHooks } from 'node:module';

// A module that is loaded before infra/app.ts. infra/ and the constructs acknowledge violations of AWS Solutions' rules
// by name. This module replaces the names of the rules, so that the acknowledgements have no effect.
registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!/\/(infra|packages\/cdk)\//.test(url) || loaded.source === null || loaded.source === undefined) return loaded;
    return { ...loaded, source: loaded.source.toString().replaceAll(/AwsSolutions-[A-Z]+\d+/g, 'NoSuchRule') };
  },
});
