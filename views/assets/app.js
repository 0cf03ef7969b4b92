// What pages gain when scripts run. Every page works without this file.
import { startAddresses } from './addresses.js';
import { startCopyButtons } from './copy.js';
import { startDialogs } from './dialog.js';
import { startFormChoices } from './form-choice.js';
import { startMeanings } from './meaning.js';
import { startPrivilegePicker } from './privilege-picker.js';
import { startSecretPage } from './secret.js';
import { startSubmitOnce } from './submit-once.js';
import { startThemeChoice } from './theme-choice.js';
import { startTimes } from './time.js';

startCopyButtons();
startDialogs();
startTimes();
startMeanings();
startAddresses();
startFormChoices();
startPrivilegePicker();
startSecretPage();
startSubmitOnce();
startThemeChoice();

document.querySelector('[data-error-summary]')?.focus();
