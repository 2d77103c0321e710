/** The page permissions: in the debug side bar, and in an editor. */
import { commands } from 'vscode';
import { WebviewPage } from './webviewPage.ts';

export class PermissionsView extends WebviewPage {
  /** Opens the view in the side bar and gives it the keyboard. */
  static async inSideBar(): Promise<PermissionsView> {
    await commands.executeCommand('sealscope.permissions.focus');
    return new PermissionsView('iframe.webview[src*="purpose=webviewView"]');
  }

  static async inEditor(): Promise<WebviewPage> {
    return WebviewPage.openedBy('sealscope.openPermissions');
  }
}
