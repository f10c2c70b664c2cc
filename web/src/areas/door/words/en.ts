/** The words of signing in and registering. */
import type { DoorWords } from './zh.ts'

const en: DoorWords = {
  signIn: 'Sign in',
  welcome: 'Buy cards, top up, see what you earned: every fen explained',
  phone: 'Mobile number',
  phoneHint: 'Eleven digits, of mainland China',
  password: 'Password',
  passwordHint: 'At least ten characters',
  showPassword: 'Show the password',
  factor: 'Digits of the authenticator, or a recovery code',
  factorHint: 'The six digits that it shows, or a recovery code that was not used yet',
  usePasskey: 'Use a passkey',
  byCode: 'Sign in with a code',
  byPassword: 'Sign in with a password',
  newDevice: 'This is a new device: please type the code that was sent to your phone, too.',
  askFactor: 'Please show your second factor.',
  forgot: 'Forgot the password',
  register: 'Register',
  noAccount: 'No account yet?',
  demo: 'See how it works: no account, no money',
  haveAccount: 'Have an account?',
  joinTitle: 'You are invited to register',
  joinAbout: 'What you buy afterwards is linked to the distributor who invited you. It costs nothing and changes no price.',
  agree: 'I have read what is done with my data, and agree',
  readNotice: 'Read it',
  registerTitle: 'Register',
  inviteCode: 'Invite code',
  inviteUnknown: 'Nobody invites by this code; it may be mistyped, or hold no longer.',
  registered: 'You are registered: please sign in',
  newPasswordTitle: 'Choose another password',
  newPassword: 'New password',
  newPasswordAbout: 'All your devices are signed out then.',
  save: 'Save and sign in',
  staff: 'Staff sign in with phone, password and second factor.',
}

export default en
