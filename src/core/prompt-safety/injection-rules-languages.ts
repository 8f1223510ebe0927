import { pattern, words } from './pattern.ts';

/**
 * The two most common attacks, "ignore your instructions" and "show your system prompt", in ten more languages.
 * As in English, an order starts a clause, except where the verb form is always an imperative.
 */

// ── Spanish, Portuguese, Italian, French ─────────────────────────────────────────────────────

const START_WESTERN = String.raw`(?:^|[\n.!?:;,¡¿"'(\[>-] ?|(?<!\p{L})${words`
  por_favor favor ahora agora ora adesso y e et und bitte jetzt maintenant entonces então luego ensuite dann
  veuillez debes deves devi tu_dois vous_devez`} )`;
const IGNORE_ROMANCE = words`
  ignor[ae](?:d|te|z)? olvid[ae] descart[ae] desestima haz_caso_omiso no_sigas
  esque[çc]a esquece desconsider[ae] não_siga dimentica trascura non_seguire
  oublie[zr]? fais_abstraction faites_abstraction ne_suis_pas ne_suivez_pas ne_ten(?:ez|iens)_pas_compte`;
const ARTICLES_ROMANCE = String.raw`(?:${words`
  a as os o la las lo los le les il gli i de di d do da das dos del della delle des du
  todas? todos? tutte tutti toutes? tous cualquier quaisquer qualsiasi`} ?'? ?){0,5}`;
const INSTRUCTIONS_ROMANCE = words`
  instruc?ciones instruções instrucoes instructions istruzioni indicaciones indicazioni consignes
  [óo]rdenes ordens ordini ordres reglas regras regole règles directrices diretrizes directivas? directives direttive
  prompts?`;
const PRIOR_ROMANCE = words`
  anteriores previas precedentes? precedenti prévias antérieures précédentes
  ci-dessus acima sopra de_arriba d'avant originales originais originali iniciales iniciais iniziali initiales
  (?:del|de|do|di|du)_(?:tu_)?(?:sistema|système|desarrollador) système
  que_(?:te|le|lhe)_(?:dieron|han_dado|deram|foram_dadas) que_(?:tu_as|vous_avez)_reçues?`;
const YOUR_ROMANCE = words`tus tuas suas seus tue tes vos le_tue`;

const overrideRomance = pattern`${START_WESTERN}${IGNORE_ROMANCE} ${ARTICLES_ROMANCE}(?:${INSTRUCTIONS_ROMANCE} ${PRIOR_ROMANCE}|${YOUR_ROMANCE} ${INSTRUCTIONS_ROMANCE}|${PRIOR_ROMANCE} ${INSTRUCTIONS_ROMANCE})`;

const SHOW_WESTERN = words`
  muestra muéstrame revela imprime dime repite mostr[ae] revele mostre repita mostrami rivela stampa dimmi
  affiche[zr]? révèle[zr]? montre(?:z|-moi)? répète donne-moi
  zeige?(?:_mir)? verrate gib(?:_mir)? offenbare wiederhole`;
const YOURS_WESTERN = String.raw`(?:${words`
  me mir el la il lo le l den das deinen? deine ihren? tu tus teu seu tuo ton votre tes
  complet[oa]? gesamten vollständigen tod[oa] tout instrucciones instructions istruzioni instruções
  de del do di du`} ?'? ?){0,6}`;
const SYSTEM_PROMPT_WESTERN = words`
  prompt_(?:(?:del?|do|di|du)_)?(?:sistema|système|desarrollador) (?:sistema|système)
  prompt_système invite_système system-?_?prompt systemanweisung(?:en)?`;

const revealWestern = pattern`${START_WESTERN}${SHOW_WESTERN} ${YOURS_WESTERN}${SYSTEM_PROMPT_WESTERN}`;

// ── German ───────────────────────────────────────────────────────────────────────────────────

const IGNORE_GERMAN = words`ignoriere? ignorieren_sie vergiss vergessen_sie missachte verwirf befolge_nicht`;
const PRIOR_GERMAN = words`
  vorherigen? vorigen bisherigen obigen früheren vorangegangenen vorangehenden ursprünglichen deine ihre`;
const INSTRUCTIONS_GERMAN = words`anweisungen instruktionen regeln befehle vorgaben prompts?`;

const overrideGerman = pattern`${START_WESTERN}${IGNORE_GERMAN} (?:${words`bitte jetzt alle all die deine ihre sämtliche jegliche`} ){0,4}(?:${PRIOR_GERMAN} (?:\p{L}+ )?|system-?)${INSTRUCTIONS_GERMAN}`;

// ── Russian: an imperative is always an order ────────────────────────────────────────────────

const ALL_RUSSIAN = words`пожалуйста все всё всем эти любые про`;
const PRIOR_RUSSIAN = words`
  предыдущие предыдущим прежние прошлые вышеуказанные вышеизложенные системные исходные начальные
  свои своим твои ваши ранее_данные`;
const INSTRUCTIONS_RUSSIAN = words`инструкции инструкциям указания указаниям правила правилам команды подсказки`;

const overrideRussian = pattern`(?<!\p{L})${words`(?:про)?игнорируй(?:те)? забудь(?:те)? не_следуй(?:те)? отбрось(?:те)?`} (?:${ALL_RUSSIAN} ){0,3}(?:${PRIOR_RUSSIAN} ){1,3}${INSTRUCTIONS_RUSSIAN}`;

const revealRussian = pattern`(?<!\p{L})${words`покажи выведи раскрой напечатай повтори сообщи напиши`}(?:те)? (?:${words`мне свой твой ваш весь полный свои твои`} ){0,4}${words`системный_промпт системную_подсказку системные_инструкции системный_запрос`}`;

// ── Arabic ───────────────────────────────────────────────────────────────────────────────────

const overrideArabic = pattern`(?<!\p{L})${words`تجاهل انس إنس لا_تتبع`} (?:${words`جميع كل كافة`} )?(?:${words`التعليمات الأوامر القواعد الإرشادات`} ${words`السابقة السابقه أعلاه الأصلية`}|تعليماتك)`;

const revealArabic = pattern`(?<!\p{L})${words`اعرض أظهر اكشف اطبع أخبرني`} (?:${words`لي عن كل جميع`} ){0,3}${words`تعليمات_النظام موجه_النظام تعليماتك مفتاح_api`}`;

// ── Korean: the verb ending distinguishes an order from a report ─────────────────────────────

const START_EASTERN = String.raw`(?:^|[\n.!?:;,"'(\[>、。，：；！？「『…-] ?)`;
const START_KOREAN = `(?:${START_EASTERN}|${words`지금부터 이제(?:부터)? 당장 제발 부디 너는 넌 당신은 그리고`} ?)`;
const PRIOR_KOREAN = words`
  모든 위의? 앞의? 이전의? 기존의? 지금까지의? 앞서 받은 주어진 원래의? 시스템의? 개발자의? 너의 네 당신의 내부 이`;
const INSTRUCTIONS_KOREAN = words`지시(?:사항|문)? 명령(?:어|문)? 지침 프롬프트 규칙 설정 내용 제약`;
const IGNORE_KOREAN = words`
  무시(?:해|하고|하라|하세요|하십시오|하시오|할_것|해줘|해라) 잊(?:어|고|으세요|으십시오|어버려|어라) 따르지_?마`;

const overrideKorean = pattern`${START_KOREAN}(?:${PRIOR_KOREAN} ?){1,5}${INSTRUCTIONS_KOREAN}들?(?:을|를|은|는)? ?(?:${words`모두 전부 다 완전히 싹 일체 무조건`} ?){0,2}${IGNORE_KOREAN}`;

const PROMPT_KOREAN = String.raw`(?:(?:시스템|초기|내부|숨겨진|개발자) ?(?:프롬프트|지시(?:사항|문)?|지침|명령)|(?:너의|네|당신의|너한테 주어진) ?(?:프롬프트|지시(?:사항|문)?|지침|api ?키|비밀 ?키|비밀번호))`;
const SHOW_KOREAN = words`출력 보여 알려 공개 말 노출 반복 유출 표시 복사 인쇄`;
const ORDERED_KOREAN = words`해 하라 하세요 하십시오 하시오 해줘 해_?주세요 해라 줘 주세요 주십시오`;

const revealKorean = pattern`${PROMPT_KOREAN}(?:를|을|의 내용을|의 전문을)? ?(?:${words`전부 모두 다 그대로 전체 완전히 나에게 내게 먼저 즉시`} ?){0,3}${SHOW_KOREAN} ?${ORDERED_KOREAN}`;

// ── Japanese ─────────────────────────────────────────────────────────────────────────────────

const START_JAPANESE = `(?:${START_EASTERN}|${words`これから 今から ここから では どうか`} ?)`;
const PRIOR_JAPANESE = words`
  以前 前 上記 上 これまで 今まで 先ほど すべて 全て 全部 あなた システム 与えられた 元 初期 までの の 全 、`;
const INSTRUCTIONS_JAPANESE = words`指示 命令 ルール プロンプト 指令 設定 制約`;
const ALL_JAPANESE = words`すべて 全て 全部 一旦 完全に そのまま 、`;

const overrideJapanese = pattern`${START_JAPANESE}${PRIOR_JAPANESE}{1,8}${INSTRUCTIONS_JAPANESE}[をは]?${ALL_JAPANESE}{0,3}(?:無視し(?:て(?!い|しま|き)|なさい|ろ)|無視せよ|忘れ(?:て(?!い|しま)|ろ|なさい))`;

const revealJapanese = pattern`${words`システム 初期 内部 隠された 開発者`}の?${words`プロンプト 指示 命令`}(?:を|の内容を|の全文を)?${ALL_JAPANESE}{0,3}${words`表示 出力 開示 公開 教え 見せ 繰り返 暴露`}(?:し(?:て(?!い)|なさい|ろ)|せよ|て(?!い)|ろ)`;

// ── Chinese ──────────────────────────────────────────────────────────────────────────────────

const START_CHINESE = `(?:${START_EASTERN}|${words`
  [请請] 现在 現在 并且? 然后 然後 务必 務必 立即 给我 你(?:必须|应该|要|需要|现在)`} ?)`;
const IGNORE_CHINESE = words`忽略 无视 無視 忽視 忘记 忘記 忘掉 不要理会 抛开 不要遵守`;
const ALL_CHINESE = words`掉 所有 全部 一切 任何 你 您 的 收到 给你 系统 系統`;
const PRIOR_CHINESE = words`之前 先前 以前 上面 以上 前面 此前 系统 系統 原来 原有 初始 你的 您的`;
const INSTRUCTIONS_CHINESE = words`指令 指示 说明 說明 提示词? 提示詞 规则 規則 要求 命令 设定 設定 内容`;

const overrideChinese = pattern`${START_CHINESE}[请請你]?(?:立即)?${IGNORE_CHINESE}${ALL_CHINESE}{0,4}${PRIOR_CHINESE}${ALL_CHINESE}{0,4}${INSTRUCTIONS_CHINESE}`;

const SHOW_CHINESE = words`输出 輸出 显示 顯示 告诉我 告訴我 透露 打印 展示 重复 重複 泄露 公开 公開`;
const PROMPT_CHINESE = words`系统提示 系統提示 系统指令 系統指令 提示词 提示詞 初始指令 api_?密钥 密钥`;

const revealChinese = pattern`${START_CHINESE}[请請并]?${SHOW_CHINESE}${words`一下 给我 你 您 的 完整 全部 所有 初始 原始`}{0,6}${PROMPT_CHINESE}`;

export const OVERRIDE_ELSEWHERE: readonly RegExp[] = [
  overrideRomance,
  overrideGerman,
  overrideRussian,
  overrideArabic,
  overrideKorean,
  overrideJapanese,
  overrideChinese,
];

export const REVEAL_ELSEWHERE: readonly RegExp[] = [
  revealWestern,
  revealRussian,
  revealArabic,
  revealKorean,
  revealJapanese,
  revealChinese,
];
