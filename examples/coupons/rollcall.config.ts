import members from '../../rollcall.config.ts';

export default members;
