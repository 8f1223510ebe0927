/** The most common passwords with at least 8 characters in published breach lists, in lower case. */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  `
  00000000 01234567 0123456789 10203040 1029384756 11111111 1111111111 11112222 11223344 1122334455 12121212
  123123123 1231231234 12341234 123412341234 12344321 12345678 123456789 1234567890 12345678910 123456789a
  123456789q 12345679 1234abcd 1234qwer 123454321 123698745 123qweasd 123qweasdzxc 12qwaszx 13131313 147258369
  14725836 159357456 159753456 1a2b3c4d 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 20202020
  22222222 23456789 31415926 33333333 44444444 55555555 66666666 741852963 77777777 789456123 78945612 7777777777
  87654321 88888888 963852741 987654321 9876543210 98765432 99999999 a1234567 a12345678 a123456789 aa123456
  aa12345678 aaaaaaaa abc12345 abcd1234 abcd12345 abcdefgh abcdefg1 access14 admin123 admin1234 administrator
  alexander alexandra andromeda anthony1 asd123456 asdasd123 asdf1234 asdfasdf asdfghjk asdfghjkl asdfqwer
  azertyuiop babygirl babygirl1 barcelona baseball baseball1 basketball batman123 beautiful benjamin blahblah
  brooklyn butterfly caroline changeme changeme1 charlie1 charlotte chelsea1 chocolate christian christine
  christopher computer computer1 corvette dragon123 drowssap einstein elephant elizabeth fernando football
  football1 freedom1 garfield gfhjkmgfhjkm hello123 hello1234 helloworld hercules iloveyou iloveyou1 iloveyou2
  internet jennifer jessica1 jonathan jordan23 leonardo letmein1 letmein123 lifehack lincoln1 liverpool liverpool1
  lovelove loveyou1 manchester marlboro master123 maverick mercedes metallica michael1 michelle midnight million2
  monkey123 mustang1 mypassword myspace1 naruto123 newyork1 nicholas nothing1 ohmnamah p@ssw0rd p@ssword pa55word
  passw0rd passw0rd1 password password! password0 password00 password01 password1 password1! password11 password12
  password123 password1234 password2 password3 passwort password@1 patricia picture1 playstation pokemon1 porsche911
  princess princess1 q1w2e3r4 q1w2e3r4t5 q1w2e3r4t5y6 qazwsxedc qazwsx123 qqqqqqqq qwaszx12 qwe123456 qwer1234
  qwerqwer qwerty12 qwerty123 qwerty1234 qwerty12345 qwertyui qwertyuiop qwertyuiop1 samantha scorpion scooby12
  secret123 shadow123 slipknot snowball spiderman starcraft startrek starwars starwars1 stephanie steelers1
  sunshine sunshine1 superman superman1 superstar sweetheart swordfish test1234 test12345 testtest thailand
  thunder1 tinkerbell trustno1 united123 unknown1 valentina valentine victoria wachtwoord welcome1 welcome123
  welkom01 westside whatever whatever1 william1 winston1 wolverine xxxxxxxx yankees1 yamaha123 zaq12wsx zaq1zaq1
  zaq1xsw2 zxcvbnm1 zxcvbnm123 zxcvbnmm
  `
    .trim()
    .split(/\s+/),
);
