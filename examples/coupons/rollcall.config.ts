export { default } from '../../rollcall.config.ts';
