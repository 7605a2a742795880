import memberApplication from '../../rollcall.config.ts';

export default memberApplication;
